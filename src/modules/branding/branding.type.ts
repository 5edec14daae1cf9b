import { Field, Int, ObjectType } from 'type-graphql';

import { HexColorCodeScalar, URLScalar } from '../../graphql/scalars.js';
import type { Logo as StoredLogo } from './logo.entity.js';

@ObjectType({ description: 'A picture, as Tenantry stored it: rebuilt from the file that was sent, never its bytes.' })
export class Logo implements Pick<StoredLogo, 'contentType' | 'byteSize' | 'sha256' | 'width' | 'height'> {
  @Field(() => URLScalar, { description: 'Where its bytes are served, to everybody. It names these bytes for ever.' })
  url!: string;

  @Field(() => String, { description: 'Media type: image/png, image/jpeg, image/webp or image/svg+xml.' })
  contentType!: string;

  @Field(() => Int, { description: 'Size in bytes.' })
  byteSize!: number;

  @Field(() => String, { description: 'SHA-256 digest of the stored bytes, in hexadecimal.' })
  sha256!: string;

  @Field(() => Int, { nullable: true, description: 'Width in pixels; null for an SVG that does not say.' })
  width!: number | null;

  @Field(() => Int, { nullable: true, description: 'Height in pixels; null for an SVG that does not say.' })
  height!: number | null;
}

@ObjectType({ description: "The brand's colours." })
export class BrandColors {
  @Field(() => HexColorCodeScalar, { nullable: true, description: 'Main colour of the brand.' })
  primary!: string | null;

  @Field(() => HexColorCodeScalar, { nullable: true, description: 'Second colour of the brand.' })
  secondary!: string | null;

  @Field(() => HexColorCodeScalar, { nullable: true, description: 'Colour that draws attention.' })
  accent!: string | null;

  @Field(() => HexColorCodeScalar, { nullable: true, description: 'Colour behind the content.' })
  background!: string | null;

  @Field(() => HexColorCodeScalar, { nullable: true, description: 'Colour of text.' })
  text!: string | null;
}

@ObjectType({ description: "The brand's font families, as in CSS." })
export class BrandTypography {
  @Field(() => String, { nullable: true, description: 'For headings.' })
  headings!: string | null;

  @Field(() => String, { nullable: true, description: 'For running text.' })
  body!: string | null;

  @Field(() => String, { nullable: true, description: 'For code and figures of one width.' })
  monospace!: string | null;
}

@ObjectType({ description: 'How the tenant looks to its users.' })
export class Branding {
  @Field(() => Logo, { nullable: true, description: 'Logo on light backgrounds.' })
  logo!: Logo | null;

  @Field(() => Logo, { nullable: true, description: 'Logo on dark backgrounds.' })
  logoDark!: Logo | null;

  @Field(() => Logo, { nullable: true, description: "The browser tab's icon." })
  favicon!: Logo | null;

  @Field(() => BrandColors, { nullable: true, description: 'Colours; null where none is set.' })
  colors!: BrandColors | null;

  @Field(() => BrandTypography, { nullable: true, description: 'Font families; null where none is set.' })
  typography!: BrandTypography | null;

  @Field(() => String, { nullable: true, description: 'Sanitised; every selector is under .tenant-brand.' })
  customCss!: string | null;
}
