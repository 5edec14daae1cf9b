import { Field, ObjectType } from 'type-graphql';

import { Payload } from '../../graphql/payload.type.js';
import { DateTimeScalar } from '../../graphql/scalars.js';
import { Viewer } from '../identity/identity.type.js';
import type { SessionDetails } from './auth.service.js';

@ObjectType({ description: "A session in the operators' realm." })
export class Session implements SessionDetails {
  @Field(() => String, { description: 'Goes into the Authorization header of each request; lives two minutes.' })
  accessToken!: string;

  @Field(() => String, { description: 'Always Bearer.' })
  tokenType!: string;

  @Field(() => DateTimeScalar, { description: 'When the access token expires.' })
  expiresAt!: Date;

  @Field(() => String, {
    nullable: true,
    description:
      'For refreshSession; belongs in a backend or in memory, never in local storage. null for a service account, which logs in again instead.',
  })
  refreshToken!: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the refresh token expires; null where it does not, or there is none.',
  })
  refreshExpiresAt!: Date | null;

  @Field(() => [String], { description: 'Scope that Keycloak granted.' })
  scope!: readonly string[];

  @Field(() => Viewer, { description: 'Who has logged in.' })
  viewer!: SessionDetails['viewer'];
}

@ObjectType({ implements: Payload, description: 'What login and refreshSession answer with.' })
export class SessionPayload extends Payload {
  @Field(() => Session, { nullable: true, description: 'The session; null where there are userErrors.' })
  session?: SessionDetails | null;
}

@ObjectType({ implements: Payload, description: 'What logout answers with.' })
export class LogoutPayload extends Payload {
  @Field(() => Boolean, { description: 'Whether the session is over; true also where there was none.' })
  loggedOut!: boolean;
}
