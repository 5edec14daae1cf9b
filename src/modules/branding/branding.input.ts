import { Field, InputType } from 'type-graphql';

import { UploadScalar } from '../../graphql/scalars.js';
import type { BrandingChanges } from './branding.rules.js';
import type { ReceivedFile } from './image.rules.js';

const color = '#RGB, #RRGGBB or #RRGGBBAA. null: none.';
const font = 'Font family or list of them: at most 200 letters A to Z, digits, blanks and , \' " - _. null: none.';
const file = 'at most 2,097,152 bytes and 4096 pixels a side. null: none.';

@InputType({ description: 'Colours; in a patch only what is held here changes.' })
export class BrandColorsInput {
  @Field(() => String, { nullable: true, description: `Main colour of the brand: ${color}` })
  primary?: string | null;

  @Field(() => String, { nullable: true, description: `Second colour of the brand: ${color}` })
  secondary?: string | null;

  @Field(() => String, { nullable: true, description: `Colour that draws attention: ${color}` })
  accent?: string | null;

  @Field(() => String, { nullable: true, description: `Colour behind the content: ${color}` })
  background?: string | null;

  @Field(() => String, { nullable: true, description: `Colour of text: ${color}` })
  text?: string | null;
}

@InputType({ description: 'Font families, as in CSS; in a patch only what is held here changes.' })
export class BrandTypographyInput {
  @Field(() => String, { nullable: true, description: `For headings. ${font}` })
  headings?: string | null;

  @Field(() => String, { nullable: true, description: `For running text. ${font}` })
  body?: string | null;

  @Field(() => String, { nullable: true, description: `For code and figures of one width. ${font}` })
  monospace?: string | null;
}

@InputType({
  description:
    'How the tenant looks, but for its logo, which is given beside it. In a patch only what is held here changes, and null in place of the whole clears all of it but the logo.',
})
export class BrandingInput implements BrandingChanges {
  @Field(() => BrandColorsInput, { nullable: true, description: 'Colours, merged one by one. null: none.' })
  colors?: BrandColorsInput | null;

  @Field(() => BrandTypographyInput, { nullable: true, description: 'Font families, merged one by one. null: none.' })
  typography?: BrandTypographyInput | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Style sheet of at most 16 KiB: rules for elements and classes, and @media; colours, fonts, borders and spacing; functions rgb, hsl, var, calc, min, max and clamp. null: none.',
  })
  customCss?: string | null;

  @Field(() => UploadScalar, {
    nullable: true,
    description: `Logo on dark backgrounds: PNG, JPEG, WebP or SVG, ${file}`,
  })
  logoDark?: ReceivedFile | null;

  @Field(() => UploadScalar, {
    nullable: true,
    description: `The browser tab's icon: PNG, JPEG, WebP, SVG or ICO, ${file}`,
  })
  favicon?: ReceivedFile | null;
}
