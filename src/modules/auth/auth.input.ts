import { Field, InputType } from 'type-graphql';

import { OneOf } from '../../graphql/one-of.js';
import type { LoginDetails } from './auth.service.js';

@InputType({ description: "A person's credentials in the operators' realm." })
export class UserCredentialsInput implements NonNullable<LoginDetails['user']> {
  @Field(() => String, {
    description: 'User name, or e-mail address where the realm allows it; at most 255 characters.',
  })
  username!: string;

  @Field(() => String, { description: 'Password; at most 1,024 characters.' })
  password!: string;

  @Field(() => String, { nullable: true, description: 'One-time code, where the account has a second factor.' })
  oneTimeCode?: string | null;
}

@InputType({ description: "A component's credentials in the operators' realm." })
export class ClientCredentialsInput implements NonNullable<LoginDetails['client']> {
  @Field(() => String, { description: 'Id of a client with a service account; at most 255 characters.' })
  clientId!: string;

  @Field(() => String, { description: 'Secret of that client; at most 1,024 characters.' })
  clientSecret!: string;
}

@OneOf()
@InputType({ description: "A person, or a component's service account." })
export class LoginInput implements LoginDetails {
  @Field(() => UserCredentialsInput, { nullable: true, description: 'A person.' })
  user?: UserCredentialsInput | null;

  @Field(() => ClientCredentialsInput, { nullable: true, description: "A component's service account." })
  client?: ClientCredentialsInput | null;
}

@InputType({ description: 'The session to go on with.' })
export class RefreshSessionInput {
  @Field(() => String, { description: 'The refresh token that login, or the last refreshSession, answered with.' })
  refreshToken!: string;
}

@InputType({ description: 'The session to end.' })
export class LogoutInput {
  @Field(() => String, { description: 'The refresh token of the session.' })
  refreshToken!: string;
}
