import {
  getVariableValues,
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';

import type { GraphQLContext } from './authorization.js';

/** Compiling takes milliseconds, which pays for operations that come again. */
const runsBeforeCompiling = 3;

type Variables = Readonly<Record<string, unknown>>;

interface Compiled {
  readonly query: CompiledQuery['query'];
  /**
   * Variables inside of lists and objects, where graphql-jit takes one that is absent for null, and null for any value;
   * and those of directives, where it takes null for false.
   */
  readonly valued: readonly string[];
}

/**
 * Executes queries that come often by functions that graphql-jit makes of them, which spares most of the work that
 * graphql-js does a field. Whatever the two could answer differently is left to graphql-js: mutations, variables that it
 * refuses (graphql-jit knows no oneOf), variables without a value inside of a list, an object or a directive, and answers
 * with errors that no resolver has thrown. Code is generated for documents of accepted callers alone.
 *
 * Resolvers may throw as they like, but a property that throws when it is read would leave the request unanswered: what
 * resolvers return is plain data.
 */
export class CompiledQueries {
  readonly #runs = new WeakMap<OperationDefinitionNode, number>();
  readonly #compiled = new WeakMap<OperationDefinitionNode, Compiled | undefined>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** @returns undefined where graphql-js has to execute it */
  async run(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    context: GraphQLContext,
  ): Promise<ExecutionResult | undefined> {
    const compiled = context.viewer && this.#compiledOf(document, operation);
    if (compiled === undefined || !this.#accepts(operation, variables, compiled)) return undefined;
    const result = await compiled.query(undefined, context, variables);
    return result.errors?.some(({ originalError }) => originalError === undefined) ? undefined : result;
  }

  #compiledOf(document: DocumentNode, operation: OperationDefinitionNode): Compiled | undefined {
    if (operation.operation !== OperationTypeNode.QUERY) return undefined;
    if (this.#compiled.has(operation)) return this.#compiled.get(operation);
    const runs = (this.#runs.get(operation) ?? 0) + 1;
    this.#runs.set(operation, runs);
    if (runs <= runsBeforeCompiling) return undefined;
    const compiled = compileQuery(this.schema, document, operation.name?.value);
    const { query } = isCompiledQuery(compiled) ? compiled : {};
    this.#compiled.set(operation, query && { query, valued: variablesToBeValued(document) });
    return this.#compiled.get(operation);
  }

  #accepts({ variableDefinitions = [] }: OperationDefinitionNode, variables: Variables, { valued }: Compiled): boolean {
    const { coerced } = getVariableValues(this.schema, variableDefinitions, variables, { maxErrors: 1 });
    return coerced !== undefined && valued.every((name) => coerced[name] !== undefined && coerced[name] !== null);
  }
}

function variablesToBeValued(document: DocumentNode): string[] {
  const names = new Set<string>();
  const add = ({ name }: VariableNode): void => void names.add(name.value);
  visit(document, {
    VariableDefinition: () => false,
    Directive: (directive) => void visit(directive, { Variable: add }),
    Variable: (variable, _key, parent) => {
      const isArgument = parent !== undefined && 'kind' in parent && parent.kind === Kind.ARGUMENT;
      if (!isArgument) add(variable);
    },
  });
  return [...names];
}
