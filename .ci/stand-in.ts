// The stand-in for Keycloak by itself, for the image that has none. Usage: tsx .ci/stand-in.ts FOLDER
// Prints one line of JSON with its address and clients, and runs until SIGTERM.
import { startKeycloakStandIn } from '../src/embedded/keycloak/index.js';

const stateDir = process.argv[2];
if (stateDir === undefined) throw new Error('usage: stand-in.ts FOLDER');

const { url, realm, clientId, clientSecret, adminClientId, adminClientSecret, stop } = await startKeycloakStandIn({
  stateDir,
});
console.log(JSON.stringify({ url, realm, clientId, clientSecret, adminClientId, adminClientSecret }));
process.once('SIGTERM', () => void stop());
