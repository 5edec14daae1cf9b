import {
  getNamedType,
  GraphQLError,
  isSpecifiedScalarType,
  isScalarType,
  Kind,
  ValuesOfCorrectTypeRule,
  visit,
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  type ValidationContext,
} from 'graphql';

import { expected } from './coercion.js';

/** graphql-js's messages about an object's shape, which name fields and types alone. */
const aboutShape = /^(Field "|OneOf Input Object ")/;

/**
 * graphql-js's rule for literals, with messages rebuilt from the expected type: its own repeat the literal. What a
 * scalar of the contract refuses is BAD_USER_INPUT with its path, as it is in a variable.
 */
export function LiteralsOfCorrectType(context: ValidationContext): ASTVisitor {
  const reportError = (error: GraphQLError): void => context.reportError(rebuilt(context, error));
  return ValuesOfCorrectTypeRule(Object.create(context, { reportError: { value: reportError } }) as ValidationContext);
}

function rebuilt(context: ValidationContext, error: GraphQLError): GraphQLError {
  const type = context.getInputType();
  if (aboutShape.test(error.message) || !type) return error;
  const node = error.nodes?.[0];
  const path = node ? argumentPath(context.getDocument(), node) : [];
  const place = path.length === 0 ? '' : ` at "${path.join('.')}"`;
  const named = getNamedType(type);
  const isOurs = isScalarType(named) && !isSpecifiedScalarType(named);
  const extensions = isOurs ? { code: 'BAD_USER_INPUT', path } : {};
  return new GraphQLError(`Value${place}: ${expected(type)}.`, { nodes: error.nodes, extensions });
}

/** The path of argument, fields and list positions that leads to a value in the document. */
function argumentPath(document: DocumentNode, target: ASTNode): string[] {
  const found: string[] = [];
  visit(document, {
    enter(node, _key, parent, path, ancestors) {
      if (node !== target) return undefined;
      const above = parent === undefined ? ancestors : [...ancestors, parent];
      const nodes = [...above, node].map((step, index) => nameStep(step, path[index + 1]));
      const start = nodes.findLastIndex((step) => step?.isStart === true);
      found.push(...nodes.slice(Math.max(start, 0)).flatMap((step) => step?.name ?? []));
      return false;
    },
  });
  return found;
}

interface Step {
  readonly name: string;
  /** An argument or a variable: the path begins here. */
  readonly isStart: boolean;
}

function nameStep(node: ASTNode | readonly ASTNode[], nextKey: string | number | undefined): Step | undefined {
  if (!('kind' in node)) return undefined;
  if (node.kind === Kind.ARGUMENT) return { name: node.name.value, isStart: true };
  if (node.kind === Kind.VARIABLE_DEFINITION) return { name: node.variable.name.value, isStart: true };
  if (node.kind === Kind.OBJECT_FIELD) return { name: node.name.value, isStart: false };
  // A list's next key but one is the position: its own key is "values".
  return node.kind === Kind.LIST && typeof nextKey === 'number' ? { name: String(nextKey), isStart: false } : undefined;
}
