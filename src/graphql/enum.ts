/** An enum object, each value under its own name, as type-graphql registers enums. */
export function enumOf<const Value extends string>(values: readonly Value[]): { [Name in Value]: Name } {
  return Object.fromEntries(values.map((value) => [value, value])) as { [Name in Value]: Name };
}
