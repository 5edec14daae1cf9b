import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { Public } from '../../graphql/authorization.js';
import { LoginInput, LogoutInput, RefreshSessionInput } from './auth.input.js';
import { login, logout, refreshSession } from './auth.service.js';
import { LogoutPayload, SessionPayload } from './auth.type.js';

const alone = 'Only as the sole root field of its operation; an Authorization header is ignored.';

/** The login API. Each of the three is the only root field of its operation and ignores the Authorization header. */
@Resolver()
export class AuthResolver {
  @Public()
  @Mutation(() => SessionPayload, {
    nullable: true,
    description: `Logs a person or a component in to the operators' realm of Keycloak. After 5 failures of an account, or 20 from an address, within 15 minutes: TOO_MANY_ATTEMPTS. ${alone}`,
  })
  async login(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => LoginInput, { description: 'Who logs in.' }) input: LoginInput,
  ): Promise<Pick<SessionPayload, 'session' | 'userErrors'>> {
    return { session: await login(ctx, input), userErrors: [] };
  }

  @Public()
  @Mutation(() => SessionPayload, { nullable: true, description: `Goes on with a person's session. ${alone}` })
  async refreshSession(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RefreshSessionInput, { description: 'The session to go on with.' }) input: RefreshSessionInput,
  ): Promise<Pick<SessionPayload, 'session' | 'userErrors'>> {
    return { session: await refreshSession(ctx, input.refreshToken), userErrors: [] };
  }

  @Public()
  @Mutation(() => LogoutPayload, {
    nullable: true,
    description: `Ends a session. Access tokens of it live on until they expire, two minutes at most. ${alone}`,
  })
  async logout(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => LogoutInput, { description: 'The session to end.' }) input: LogoutInput,
  ): Promise<Pick<LogoutPayload, 'loggedOut' | 'userErrors'>> {
    await logout(ctx, input.refreshToken);
    return { loggedOut: true, userErrors: [] };
  }
}
