import {
  getVariableValues,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';

import type { GraphQLContext } from './authorization.js';

/** Compiling takes milliseconds, which pays for operations that come again. */
const runsBeforeCompiling = 3;

type Variables = Readonly<Record<string, unknown>>;

/**
 * Executes queries that come often by functions that graphql-jit makes of them, which spares most of the work that
 * graphql-js does a field. Whatever the two could answer differently is left to graphql-js: mutations, variables that it
 * refuses (graphql-jit knows no oneOf), and answers with errors that no resolver has thrown. Code is generated for
 * documents of accepted callers alone.
 *
 * Resolvers may throw as they like, but a property that throws when it is read would leave the request unanswered: what
 * resolvers return is plain data.
 */
export class CompiledQueries {
  readonly #runs = new WeakMap<OperationDefinitionNode, number>();
  readonly #compiled = new WeakMap<OperationDefinitionNode, CompiledQuery | undefined>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** @returns undefined where graphql-js has to execute it */
  async run(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    context: GraphQLContext,
  ): Promise<ExecutionResult | undefined> {
    const compiled = context.viewer && this.#compiledOf(document, operation);
    if (compiled === undefined || !this.#accepts(operation, variables)) return undefined;
    const result = await compiled.query(undefined, context, variables);
    return result.errors?.some(({ originalError }) => originalError === undefined) ? undefined : result;
  }

  #compiledOf(document: DocumentNode, operation: OperationDefinitionNode): CompiledQuery | undefined {
    if (operation.operation !== OperationTypeNode.QUERY) return undefined;
    if (this.#compiled.has(operation)) return this.#compiled.get(operation);
    const runs = (this.#runs.get(operation) ?? 0) + 1;
    this.#runs.set(operation, runs);
    if (runs <= runsBeforeCompiling) return undefined;
    const compiled = compileQuery(this.schema, document, operation.name?.value);
    this.#compiled.set(operation, isCompiledQuery(compiled) ? compiled : undefined);
    return this.#compiled.get(operation);
  }

  #accepts({ variableDefinitions = [] }: OperationDefinitionNode, variables: Variables): boolean {
    return getVariableValues(this.schema, variableDefinitions, variables, { maxErrors: 1 }).errors === undefined;
  }
}
