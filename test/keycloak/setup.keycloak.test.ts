import { sharedRealKeycloak } from '../support/keycloak.js';
import { describeSetup } from './setup.js';

describeSetup('the real Keycloak', sharedRealKeycloak);
