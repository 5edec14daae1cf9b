import { describeKeycloakBehaviour } from './conformance.js';
import { startStandInProvider } from './stand-in-provider.js';

describeKeycloakBehaviour('the stand-in', startStandInProvider);
