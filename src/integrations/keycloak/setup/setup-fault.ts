/** Setting up Keycloak cannot go on; the message is what the operator reads. */
export class SetupFault extends Error {
  override readonly name: string = 'SetupFault';
}

/** Keycloak does not let the given administrator do one thing; other things may still work. */
export class MissingRight extends SetupFault {
  override readonly name = 'MissingRight';
}
