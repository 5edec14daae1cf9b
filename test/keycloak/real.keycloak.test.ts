import { realKeycloakStartMs, startRealKeycloak } from '../support/real-keycloak.js';
import { describeKeycloakBehaviour } from './conformance.js';

describeKeycloakBehaviour('the real Keycloak', startRealKeycloak, realKeycloakStartMs);
