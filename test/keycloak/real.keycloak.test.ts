import { sharedRealKeycloak } from '../support/keycloak.js';
import { describeKeycloakBehaviour } from './conformance.js';

describeKeycloakBehaviour('the real Keycloak', sharedRealKeycloak);
