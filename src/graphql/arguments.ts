/** The argument that every change of a tenant has. */
export const expectedVersionArgument = {
  nullable: true,
  description:
    'The version that the caller has seen; where the tenant is at another one: VERSION_CONFLICT. Absent: the last writer wins.',
} as const;
