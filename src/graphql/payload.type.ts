import { Field, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';

import { userErrorCodes, type UserErrorCode, type UserErrorData } from '../errors.js';
import { enumOf } from './enum.js';

export const UserErrorCodeEnum = enumOf(Object.keys(userErrorCodes) as UserErrorCode[]);
registerEnumType(UserErrorCodeEnum, {
  name: 'UserErrorCode',
  description: "What the caller's data did wrong.",
  valuesConfig: Object.fromEntries(
    Object.entries(userErrorCodes).map(([code, description]) => [code, { description }]),
  ),
});

@ObjectType({ description: "Something that the caller's data did wrong." })
export class UserError implements UserErrorData {
  @Field(() => UserErrorCodeEnum, { description: 'What is wrong, for programs.' })
  code!: UserErrorCode;

  @Field(() => String, { description: 'What is wrong, for a person; may change wording.' })
  message!: string;

  @Field(() => [String], {
    description:
      'Argument path to the field at fault, such as ["input", "twoFactor", "enabled", "retryLimit"]; list positions as numbers in text; empty for the whole.',
  })
  path!: string[];
}

@InterfaceType('Payload', { description: 'What every mutation answers with.' })
export abstract class Payload {
  @Field(() => [UserError], { description: "Everything that the caller's data did wrong; empty where all went well." })
  userErrors!: UserError[];
}
