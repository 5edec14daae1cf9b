import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/**
 * A scalar of the contract that is text. Inputs are strict (off-the-shelf scalars take `"5"`, `1.5`, `javascript:` or text that
 * is no phone number); outputs pass through, since they come from our own rows. No message ever repeats a value.
 */
interface ScalarSpec<T> {
  readonly name: string;
  readonly description: string;
  /** What a value has to be, for messages. */
  readonly expected: string;
  readonly specifiedByURL?: string;
  /** Returns the value to work with; throws, or returns undefined, where it is refused. */
  readonly parse: (value: string) => T | undefined;
  readonly serialize?: (value: unknown) => unknown;
}

/** Thrown by a scalar; the message says what is expected and never what came. */
export function refuse(name: string, expected: string): never {
  throw new TypeError(`Expected ${name}: ${expected}.`);
}

export const asIs = (value: unknown): unknown => value;

export function textScalar<T>(spec: ScalarSpec<T>): GraphQLScalarType<T, unknown> {
  const { name, description, expected, specifiedByURL, parse, serialize = asIs } = spec;
  const parseValue = (value: unknown): T => {
    const parsed = typeof value === 'string' ? attempt(() => parse(value)) : undefined;
    return parsed ?? refuse(name, expected);
  };
  const parseLiteral = (node: ValueNode): T =>
    node.kind === Kind.STRING ? parseValue(node.value) : refuse(name, expected);
  const extensions = { expected };
  return new GraphQLScalarType({ name, description, specifiedByURL, parseValue, parseLiteral, serialize, extensions });
}

export function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined; // the libraries' messages repeat the value
  }
}

/** The value itself where the pattern, and a further check where there is one, accept it. */
export function matching(pattern: RegExp, accepts: (value: string) => boolean = () => true) {
  return (value: string): string | undefined => (pattern.test(value) && accepts(value) ? value : undefined);
}
