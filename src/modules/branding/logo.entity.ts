import { defineEntity, p } from '@mikro-orm/core';

const LogoSchema = defineEntity({
  name: 'Logo',
  tableName: 'logo',
  rowLevelSecurity: 'force',
  properties: {
    /** Hex digest of the stored bytes: content-addressed, once per digest. */
    sha256: p.text().primary(),
    contentType: p.text(),
    byteSize: p.integer(),
    width: p.integer().strictNullable(),
    height: p.integer().strictNullable(),
    data: p.blob().lazy(),
  },
});

export class Logo extends LogoSchema.class {}
LogoSchema.setClass(Logo);
