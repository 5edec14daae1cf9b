import {
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** How many nodes one operation may return, counted through the nesting of connections. */
export const MAX_NODES = 1_000;
/**
 * What an alias costs, for each node of the page that it stands in: one value could be asked for under many names, and
 * each is written.
 */
const ALIAS_NODES = 1;
/** Page size where neither `first` nor `last` is given. */
export const DEFAULT_PAGE_SIZE = 20;

/** One connection field of an operation, ready to be counted for given variables. */
interface Page {
  readonly sizes: readonly ValueNode[];
  /** How often its nodes are returned: once for `nodes`, once for `edges`. */
  readonly lists: number;
  readonly inner: readonly Page[];
  /** No page, but a field that costs as much as so many nodes: its `nodes` extension. */
  readonly weight?: number;
}

/** Counts the nodes that an operation can return, given the request's variables. */
export type NodeCounter = (variables: Readonly<Record<string, unknown>>) => number;

/** Prepares the count once for a document that is valid. */
export function nodeCounter(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): NodeCounter {
  const root = schema.getRootType(operation.operation);
  const pages = root ? new PageFinder(schema, document).pages(operation.selectionSet, root) : [];
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  );
  return (variables) => {
    const valueOf = (node: ValueNode | undefined): unknown => {
      if (node?.kind === Kind.INT) return Number(node.value);
      if (node?.kind !== Kind.VARIABLE) return undefined;
      const { value: name } = node.name;
      return Object.hasOwn(variables, name) ? variables[name] : valueOf(defaults.get(name));
    };
    return count(pages, valueOf);
  };
}

function count(pages: readonly Page[], valueOf: (node: ValueNode) => unknown): number {
  return pages.reduce((total, { sizes, lists, inner, weight }) => {
    if (weight !== undefined) return total + weight;
    const given = sizes.map(valueOf).find((size) => typeof size === 'number');
    const size = Math.max(0, given ?? DEFAULT_PAGE_SIZE);
    return total + size * (lists + count(inner, valueOf));
  }, 0);
}

function weighing(weight: number): Page {
  return { sizes: [], lists: 0, inner: [], weight };
}

class PageFinder {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly document: DocumentNode,
  ) {}

  pages(set: SelectionSetNode, parent: GraphQLNamedType, isInPage = false): Page[] {
    return this.#fields(set, parent).flatMap(([field, owner]) => {
      const definition = this.#definitionOf(field, owner);
      const type = definition && getNamedType(definition.type);
      const weight = definition?.extensions['nodes'];
      if (typeof weight === 'number') return [weighing(weight)];
      const isPage = type?.name.endsWith('Connection') ?? false;
      const alias = isInPage && !isPage && field.alias !== undefined ? [weighing(ALIAS_NODES)] : [];
      if (type === undefined || field.selectionSet === undefined) return alias;
      const inner = this.pages(field.selectionSet, type, isInPage || isPage);
      if (!isPage) return [...alias, ...inner];
      const lists = this.#fields(field.selectionSet, type).filter(([{ name }]) => /^(edges|nodes)$/.test(name.value));
      const sizes = (field.arguments ?? []).filter(({ name }) => /^(first|last)$/.test(name.value));
      return [{ sizes: sizes.map(({ value }) => value), lists: lists.length, inner }];
    });
  }

  /** The fields of a selection set with those of its fragments, each with the type that it stands on. */
  #fields(set: SelectionSetNode, parent: GraphQLNamedType): [FieldNode, GraphQLNamedType][] {
    return set.selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [[selection, parent] as [FieldNode, GraphQLNamedType]];
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragment(selection.name.value);
      if (fragment === undefined) return [];
      const condition = fragment.typeCondition && this.schema.getType(fragment.typeCondition.name.value);
      return this.#fields(fragment.selectionSet, condition ?? parent);
    });
  }

  #fragment(name: string) {
    return this.document.definitions.find((it) => it.kind === Kind.FRAGMENT_DEFINITION && it.name.value === name) as
      Extract<DocumentNode['definitions'][number], { kind: Kind.FRAGMENT_DEFINITION }> | undefined;
  }

  #definitionOf(field: FieldNode, owner: GraphQLNamedType): GraphQLField<unknown, unknown> | undefined {
    const fields = isObjectType(owner) || isInterfaceType(owner) ? owner.getFields() : {};
    return fields[field.name.value];
  }
}
