import pLimit from 'p-limit';

import type { RequestContext } from '../../context.js';
import { RequestFault, userFault } from '../../errors.js';
import { within } from '../../integrations/deadline.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';

/** Each holds a connection while Keycloak is waited for: the other connections are for what needs only the database. */
const twoAtATime = pLimit(2);
const maxWaiting = 20;
/** From asking to answer, the wait for a turn included; in milliseconds. */
const withinMs = 4_800;

/**
 * Runs what an operator asked for and Keycloak has to do, two at a time and within 5 s.
 *
 * @throws UserFault IDENTITY_PROVIDER_UNAVAILABLE, and whatever the work throws
 * @throws RequestFault RATE_LIMITED
 */
export async function inKeycloakTurn<T>(ctx: RequestContext, work: () => Promise<T>): Promise<T> {
  if (twoAtATime.pendingCount >= maxWaiting) {
    throw new RequestFault('RATE_LIMITED', 'Too many calls are waiting for Keycloak; try again in a minute.');
  }
  try {
    return await within(withinMs, () => twoAtATime(work));
  } catch (error) {
    if (!(error instanceof KeycloakFault)) throw error;
    ctx.log.warn({ reason: error.message }, 'Keycloak did not do what an operator asked for');
    return userFault('IDENTITY_PROVIDER_UNAVAILABLE', ['tenant'], 'Keycloak did not answer in time; try again.');
  }
}
