import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

/** What one document may hold. The fullest query of the contract stays below a quarter of each. */
export const documentLimits = {
  /** Lexical tokens; enforced while parsing. */
  tokens: 3_000,
  /** Lines of comment; enforced while parsing. */
  comments: 1_000,
  /** Levels of fields; introspection as tools send it needs 15. */
  depth: 20,
  /** Fields and spreads, each fragment counted as often as it is spread. */
  selections: 800,
  rootFields: 12,
  aliases: 30,
  directives: 30,
  directivesInOnePlace: 4,
  operations: 10,
} as const;

type Measure = Record<
  'depth' | 'selections' | 'rootFields' | 'aliases' | 'directives' | 'directivesInOnePlace',
  number
>;

const nothing: Measure = {
  depth: 0,
  selections: 0,
  rootFields: 0,
  aliases: 0,
  directives: 0,
  directivesInOnePlace: 0,
};

/**
 * The limits that a document breaks, as messages; none is empty. Fragments are counted through their spreads but looked
 * at once each, so that the counting itself costs no more than the document's length.
 */
export function brokenLimits(document: DocumentNode): string[] {
  const measured = new DocumentMeasure(document).whole();
  return Object.entries(measured)
    .filter(([name, count]) => count > documentLimits[name as keyof typeof documentLimits])
    .map(([name]) => `The document exceeds the limit of ${limitText(name as keyof typeof documentLimits)}.`);
}

function limitText(name: keyof typeof documentLimits): string {
  return `${documentLimits[name]} (${name})`;
}

class DocumentMeasure {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #measured = new Map<string, Measure>();

  constructor(private readonly document: DocumentNode) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
    }
  }

  /** The whole document: sums over its operations and unused fragments, and the greatest depth and width of any. */
  whole(): Measure & { operations: number } {
    const operations = this.document.definitions.filter((it) => it.kind === Kind.OPERATION_DEFINITION);
    const measures = operations.map(({ selectionSet, directives, variableDefinitions = [] }) =>
      [directives, ...variableDefinitions.map((variable) => variable.directives)]
        .map((list) => withDirectives(list))
        .reduce(combine, this.#selections(selectionSet)),
    );
    const unused = [...this.#fragments.keys()].filter((name) => !this.#measured.has(name));
    const total = [...measures, ...unused.map((name) => this.#fragment(name))].reduce(combine, nothing);
    const rootFields = Math.max(0, ...measures.map((measure) => measure.rootFields));
    return { ...total, rootFields, operations: operations.length };
  }

  #selections(set: SelectionSetNode | undefined): Measure {
    let total = nothing;
    for (const selection of set?.selections ?? []) {
      total = combine(total, { ...withDirectives(selection.directives), selections: 1 });
      if (selection.kind === Kind.FRAGMENT_SPREAD) total = combine(total, this.#fragment(selection.name.value));
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        total = combine(total, this.#selections(selection.selectionSet));
      else {
        const below = this.#selections(selection.selectionSet);
        const aliases = below.aliases + (selection.alias === undefined ? 0 : 1);
        total = combine(total, { ...below, depth: below.depth + 1, rootFields: 1, aliases });
      }
    }
    return total;
  }

  /** A fragment in its own cycle counts nothing here: validation refuses it. */
  #fragment(name: string): Measure {
    const known = this.#measured.get(name);
    if (known !== undefined) return known;
    this.#measured.set(name, nothing);
    const fragment = this.#fragments.get(name);
    const measure = combine(this.#selections(fragment?.selectionSet), withDirectives(fragment?.directives));
    this.#measured.set(name, measure);
    return measure;
  }
}

function withDirectives(directives: readonly unknown[] = []): Measure {
  return { ...nothing, directives: directives.length, directivesInOnePlace: directives.length };
}

function combine(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    selections: a.selections + b.selections,
    rootFields: a.rootFields + b.rootFields,
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    directivesInOnePlace: Math.max(a.directivesInOnePlace, b.directivesInOnePlace),
  };
}
