import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type FieldNode,
  type GraphQLResolveInfo,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * Names of the fields that are asked for below the field being resolved, through fragments, `@skip` and `@include`.
 *
 * @param path names of the fields to go down through first: `['nodes']` gives what is asked of each node
 */
export function selectedFields(info: GraphQLResolveInfo, ...path: string[]): Set<string> {
  let fields: FieldNode[] = [...info.fieldNodes];
  for (const name of path) {
    fields = fields
      .flatMap((field) => childFields(info, field.selectionSet))
      .filter((field) => field.name.value === name);
  }
  return new Set(fields.flatMap((field) => childFields(info, field.selectionSet)).map((field) => field.name.value));
}

function childFields(info: GraphQLResolveInfo, set: SelectionSetNode | undefined): FieldNode[] {
  return (set?.selections ?? []).flatMap((node) => (isIncluded(info, node) ? fieldsOf(info, node) : []));
}

function fieldsOf(info: GraphQLResolveInfo, node: SelectionNode): FieldNode[] {
  if (node.kind === Kind.FIELD) return [node];
  if (node.kind === Kind.INLINE_FRAGMENT) return childFields(info, node.selectionSet);
  return childFields(info, info.fragments[node.name.value]?.selectionSet);
}

function isIncluded(info: GraphQLResolveInfo, node: SelectionNode): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  const skip = getDirectiveValues(GraphQLSkipDirective, node, info.variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, node, info.variableValues);
  return skip?.['if'] !== true && include?.['if'] !== false;
}
