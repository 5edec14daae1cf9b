import {
  getNamedType,
  GraphQLError,
  isInputObjectType,
  isNonNullType,
  Kind,
  OperationTypeNode,
  typeFromAST,
  type ASTVisitor,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type VariableDefinitionNode,
} from 'graphql';

/**
 * A variable that stands for a member of a oneOf input must not be nullable. graphql-js has this rule, but does not look
 * through the `!` on the oneOf type itself, so that `TenantRef!` would pass and fail later as a defect.
 */
export function NonNullVariablesInOneOf(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition: {
      leave(operation) {
        for (const { node, parentType } of context.getRecursiveVariableUsages(operation)) {
          const oneOf = parentType && getNamedType(parentType);
          const declared = declarationOf(operation, node.name.value);
          if (declared === undefined || !isInputObjectType(oneOf) || !oneOf.isOneOf) continue;
          if (!isNonNullType(parentType) || isNonNull(context, declared)) continue;
          const message = `Variable "$${node.name.value}" must be non-nullable to be used for OneOf Input Object "${oneOf.name}".`;
          context.reportError(new GraphQLError(message, { nodes: [declared, node] }));
        }
      },
    },
  };
}

function declarationOf(operation: OperationDefinitionNode, name: string): VariableDefinitionNode | undefined {
  return operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
}

function isNonNull(context: ValidationContext, { type }: VariableDefinitionNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE && typeFromAST(context.getSchema(), type) !== undefined;
}

/** Each of them guesses or ends a session: several in one document would get around the limit on attempts. */
export const soleRootFields: ReadonlySet<string> = new Set(['login', 'refreshSession', 'logout']);

/** `login`, `refreshSession` and `logout` are the only root field of their operation. */
export function SoleRootFields(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      if (operation.operation !== OperationTypeNode.MUTATION) return;
      const fields = rootFields(context.getDocument(), operation.selectionSet);
      const sole = fields.find((name) => soleRootFields.has(name));
      if (sole === undefined || fields.length === 1) return;
      const message = `"${sole}" must be the only root field of its operation.`;
      context.reportError(new GraphQLError(message, { nodes: operation }));
    },
  };
}

/** An operation on a root type that the schema does not have; graphql-js finds out only when it executes. */
export function KnownRootTypes(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(new GraphQLError(`The schema has no ${node.operation}.`, { nodes: node }));
    },
  };
}

/** Names of the root fields of an operation, those of its fragments included, each as often as it is selected. */
export function rootFields(document: DocumentNode, set: SelectionSetNode, seen: readonly string[] = []): string[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(document, selection.selectionSet, seen);
    const { value: name } = selection.name;
    const fragment = document.definitions.find(
      (it) => it.kind === Kind.FRAGMENT_DEFINITION && it.name.value === name && !seen.includes(name),
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION
      ? rootFields(document, fragment.selectionSet, [...seen, name])
      : [];
  });
}
