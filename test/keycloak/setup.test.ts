import { startStandInProvider } from './stand-in-provider.js';
import { describeSetup } from './setup.js';

describeSetup('the stand-in', startStandInProvider);
