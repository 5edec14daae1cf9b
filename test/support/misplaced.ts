import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

/** A request with one value at a place whose type refuses it. */
export interface Misplacement {
  readonly query: string;
  readonly variables: unknown;
}

/** Every place of every argument of the root fields, with a text where none belongs, and no text where one does. */
export function misplacements(schema: GraphQLSchema, text: string): Misplacement[] {
  return (['query', 'mutation'] as const).flatMap((operation) => {
    const root = operation === 'query' ? schema.getQueryType() : schema.getMutationType();
    return Object.values(root?.getFields() ?? {}).flatMap(({ name, args }) =>
      args.flatMap((argument) =>
        places(argument, []).flatMap((place) => requests(operation, name, argument, place, text)),
      ),
    );
  });
}

interface Place {
  /** Field names below the argument. */
  readonly path: readonly string[];
  readonly type: GraphQLInputType;
}

function places(input: GraphQLArgument | GraphQLInputField, path: readonly string[]): Place[] {
  const named = getNamedType(input.type);
  if (!isInputObjectType(named)) return [{ path, type: input.type }];
  return Object.values(named.getFields()).flatMap((field) => places(field, [...path, field.name]));
}

function requests(
  operation: string,
  field: string,
  { name, type }: GraphQLArgument,
  place: Place,
  text: string,
): Misplacement[] {
  const isText = ['String', 'ID'].includes(getNamedType(place.type).name);
  const isEnum = isEnumType(getNamedType(place.type));
  const values: [literal: string, value: unknown][] = isText
    ? [[`{ a: "${text}" }`, { [text]: text }]]
    : [
        [isEnum ? text.replaceAll('-', '_') : `"${text}"`, text],
        [`[{ a: "${text}" }]`, [{ a: text }]],
      ];
  return values.flatMap(([literal, value]) => [
    { query: `${operation} { ${field}(${name}: ${nested(place.path, literal)}) { __typename } }`, variables: {} },
    {
      query: `${operation} ($given: ${String(type)}) { ${field}(${name}: $given) { __typename } }`,
      variables: { given: placed(type, place.path, value) },
    },
  ]);
}

function nested(path: readonly string[], literal: string): string {
  return path.reduceRight((inner, step) => `{ ${step}: ${inner} }`, literal);
}

/** Within lists as the type has them; a list of one would be taken for its member. */
function placed(type: GraphQLInputType, path: readonly string[], value: unknown): unknown {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare)) return [placed(bare.ofType, path, value)];
  const [step, ...rest] = path;
  if (step === undefined || !isInputObjectType(bare)) return value;
  return { [step]: placed(bare.getFields()[step]!.type, rest, value) };
}
