import {
  coerceInputValue,
  getNamedType,
  getNullableType,
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';

/** Enough to mend an input by; to look for all that a hostile one has would take seconds. */
const maxFaults = 500;

type Path = readonly (string | number)[];

/**
 * Everything that is wrong with the variables of a request, rebuilt from path and expected type: graphql-js stops at 50
 * faults and prints the values, secrets included.
 */
export function variableFaults(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  const faults: GraphQLError[] = [];
  try {
    for (const definition of operation.variableDefinitions ?? []) noteFaults(faults, schema, definition, variables);
  } catch (error) {
    if (error !== enough) throw error;
  }
  return faults;
}

const enough = new Error('enough faults');

/** @throws `enough` */
function noteFaults(
  faults: GraphQLError[],
  schema: GraphQLSchema,
  definition: VariableDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const { value: name } = definition.variable.name;
  const type = typeFromAST(schema, definition.type);
  if (!isInputType(type)) return;
  // Once for all: to find out in which line it stands, graphql-js reads the document from its beginning.
  const { locations } = new GraphQLError('', { nodes: definition });
  const report = (path: Path, message: string): void => {
    const fullPath = [name, ...path].map(String);
    const place = path.length === 0 ? '' : ` at "${fullPath.join('.')}"`;
    const extensions = { code: 'BAD_USER_INPUT', path: fullPath };
    faults.push(
      Object.assign(new GraphQLError(`Variable "$${name}"${place}: ${message}`, { extensions }), { locations }),
    );
    if (faults.length === maxFaults) throw enough;
  };
  if (Object.hasOwn(variables, name)) {
    coerceInputValue(
      variables[name],
      type,
      (path, _value, error) => report(...rebuilt(type, path, error.message)),
      true,
    );
  } else if (isNonNullType(type) && definition.defaultValue === undefined) {
    report([], `${expected(type)}; it was not provided.`);
  }
}

/** graphql-js's messages about the shape of an object name fields and types alone; all others carry the value. */
function rebuilt(type: GraphQLInputType, path: Path, message: string): [Path, string] {
  const missing = /^Field "(\w+)" of required type "([^"]+)" was not provided/.exec(message);
  if (missing?.[1] !== undefined) return [[...path, missing[1]], `expected ${missing[2] ?? ''}; it was not provided.`];
  const unknown = /^Field "([_A-Za-z]\w{0,63})" is not defined by type "(\w+)"/.exec(message);
  if (unknown) return [path, `field "${unknown[1] ?? ''}" is not defined by type "${unknown[2] ?? ''}".`];
  if (/^(Exactly one key must be specified for OneOf|Field "\w+" must be non-null)/.test(message))
    return [path, message];
  return [path, `${expected(typeAt(type, path))}.`];
}

/** What a place expects, with a scalar's own words where it has some. */
export function expected(type: GraphQLInputType): string {
  const named = getNamedType(type);
  const hint = isEnumType(named)
    ? `one of ${named
        .getValues()
        .map(({ name }) => name)
        .join(', ')}`
    : named.extensions['expected'];
  return `expected ${String(type)}${typeof hint === 'string' ? `, ${hint}` : ''}`;
}

function typeAt(type: GraphQLInputType, path: Path): GraphQLInputType {
  const [key, ...rest] = path;
  const inner = getNullableType(type);
  if (key === undefined) return type;
  if (isListType(inner)) return typeAt(inner.ofType, typeof key === 'number' ? rest : path);
  const field = isInputObjectType(inner) ? inner.getFields()[key] : undefined;
  return field === undefined ? type : typeAt(field.type, rest);
}
