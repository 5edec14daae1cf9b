import {
  execute,
  Kind,
  specifiedRules,
  validate,
  ValuesOfCorrectTypeRule,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

import type { GraphQLContext } from './authorization.js';
import { variableFaults } from './coercion.js';
import { CompiledQueries } from './compiled-queries.js';
import { brokenLimits } from './document-limits.js';
import { asRequestFault, fieldError, formatted } from './error-format.js';
import { LiteralsOfCorrectType } from './literal-rule.js';
import { KnownRootTypes, NonNullVariablesInOneOf, SoleRootFields } from './operation-rules.js';
import { MAX_NODES, nodeCounter, type NodeCounter } from './page-limits.js';

const rules = [
  ...specifiedRules.map((rule) => (rule === ValuesOfCorrectTypeRule ? LiteralsOfCorrectType : rule)),
  KnownRootTypes,
  NonNullVariablesInOneOf,
  SoleRootFields,
];

/** What is known of a document, whoever sends it and with whatever variables. */
interface Verdict {
  /** Empty: it may be executed. */
  readonly errors: readonly GraphQLFormattedError[];
  /** The errors are limits, which answer 400 whatever the client accepts. */
  readonly isOverLimit: boolean;
  readonly readsSchema: boolean;
  readonly counters: ReadonlyMap<OperationDefinitionNode, NodeCounter>;
}

export interface OperationRequest {
  readonly document: DocumentNode;
  /** Undefined where the document has no operation of the name that was asked for. */
  readonly operation: OperationDefinitionNode | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface OperationAnswer {
  readonly result: { data?: ExecutionResult['data']; errors?: readonly GraphQLFormattedError[] };
  /** `refused` was not executed; `over-limit` neither, and says 400 even to clients that only know application/json. */
  readonly outcome: 'executed' | 'refused' | 'over-limit';
}

/** Whether this caller may read the schema. */
export type MayReadSchema = (context: GraphQLContext) => boolean;

/** Checks and executes operations of one schema; the checks of a document are done once, as long as it is cached. */
export class Operations {
  readonly #verdicts = new WeakMap<DocumentNode, Verdict>();
  readonly #compiled: CompiledQueries;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly mayReadSchema: MayReadSchema,
  ) {
    this.#compiled = new CompiledQueries(schema);
  }

  async run({ document, operation, variables }: OperationRequest, context: GraphQLContext): Promise<OperationAnswer> {
    const verdict = this.#verdict(document);
    if (verdict.errors.length > 0) return refused(verdict.errors, verdict.isOverLimit);
    if (operation === undefined)
      return refused([
        invalid('operationName must be that of an operation in the document, and is needed where there are several.'),
      ]);
    if (verdict.readsSchema && !this.mayReadSchema(context)) return refused([schemaIsClosed(context)]);
    const nodes = verdict.counters.get(operation)?.(variables) ?? 0;
    if (nodes > MAX_NODES) return refused([tooManyNodes(nodes)], true);
    return this.#execute({ document, operation, variables }, context);
  }

  async #execute(
    { document, operation, variables }: OperationRequest & { operation: OperationDefinitionNode },
    contextValue: GraphQLContext,
  ): Promise<OperationAnswer> {
    const { schema } = this;
    const operationName = operation.name?.value;
    const result =
      (await this.#compiled.run(document, operation, variables, contextValue)) ??
      (await execute({ schema, document, contextValue, variableValues: variables, operationName }));
    if (result.errors === undefined) return { result, outcome: 'executed' };
    if (result.data === undefined) {
      const faults = variableFaults(schema, operation, variables);
      if (faults.length > 0) return refused(faults.map((fault) => fault.toJSON()));
    }
    const errors = result.errors.map((error) => fieldError(error, contextValue));
    return { result: { data: result.data ?? null, errors }, outcome: 'executed' };
  }

  #verdict(document: DocumentNode): Verdict {
    const known = this.#verdicts.get(document);
    if (known !== undefined) return known;
    const verdict = judge(this.schema, document);
    this.#verdicts.set(document, verdict);
    return verdict;
  }
}

/** Limits come before the rules, some of which take time quadratic in what the limits bound. */
function judge(schema: GraphQLSchema, document: DocumentNode): Verdict {
  const verdict = { errors: [], isOverLimit: false, readsSchema: false, counters: new Map() };
  const limits = brokenLimits(document);
  if (limits.length > 0) return { ...verdict, errors: limits.map(invalid), isOverLimit: true };
  const errors = validate(schema, document, rules, { hideSuggestions: true });
  if (errors.length > 0) {
    // graphql-js gives up where comparing fields that could merge would take too long.
    const isOverLimit = errors.some(({ message }) => message === 'Validation aborted.');
    return { ...verdict, errors: errors.map(validationError), isOverLimit };
  }
  const operations = document.definitions.filter((it) => it.kind === Kind.OPERATION_DEFINITION);
  const counters = new Map(operations.map((it) => [it, nodeCounter(schema, document, it)]));
  return { ...verdict, readsSchema: readsSchema(document), counters };
}

function readsSchema(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field({ name }) {
      found ||= name.value === '__schema' || name.value === '__type';
    },
  });
  return found;
}

function refused(errors: readonly GraphQLFormattedError[], isOverLimit = false): OperationAnswer {
  return { result: { errors }, outcome: isOverLimit ? 'over-limit' : 'refused' };
}

function validationError(error: GraphQLError): GraphQLFormattedError {
  const { message, locations, extensions } = error.toJSON();
  return { message, locations, extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...extensions } };
}

function invalid(message: string): GraphQLFormattedError {
  return formatted(message, { code: 'GRAPHQL_VALIDATION_FAILED' });
}

function tooManyNodes(nodes: number): GraphQLFormattedError {
  const message = `The operation could return ${nodes} nodes (aliases within them count); at most ${MAX_NODES} are allowed.`;
  return formatted(message, { code: 'BAD_USER_INPUT' });
}

function schemaIsClosed({ refusal }: GraphQLContext): GraphQLFormattedError {
  const fault = asRequestFault(refusal);
  return fault
    ? formatted(fault.message, { code: fault.code, ...fault.details })
    : formatted('Reading the schema needs the token of an operator.', { code: 'UNAUTHENTICATED' });
}
