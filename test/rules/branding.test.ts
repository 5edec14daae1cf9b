import { describe, expect, it } from 'vitest';

import { UserFault } from '../../src/errors.js';
import { Faults } from '../../src/faults.js';
import {
  mergeBranding,
  noBranding,
  type BrandingChanges,
  type BrandingColumns,
} from '../../src/modules/branding/branding.rules.js';

const path = ['patch', 'profile', 'branding'];

/** What the branding becomes, and the faults as `code path`. */
function merged(changes: BrandingChanges | null | undefined, current: Readonly<BrandingColumns> = noBranding) {
  const faults = new Faults();
  const branding = mergeBranding(faults, path, changes, current);
  try {
    faults.throwIfAny();
  } catch (error) {
    if (!(error instanceof UserFault)) throw error;
    return { branding, faults: error.errors.map((fault) => `${fault.code} ${fault.path.join('.')}`) };
  }
  return { branding, faults: [] };
}

const digitalBankSpain = {
  colors: { primary: '#1976D2', secondary: '#FFC107', accent: '#00BCD4', background: '#FFFFFF', text: '#212121' },
  typography: {
    headings: "'Roboto', sans-serif",
    body: "'Open Sans', sans-serif",
    monospace: "'Roboto Mono', monospace",
  },
  customCss: '.tenant-brand .card{border-radius:8px}',
};
const stored: BrandingColumns = {
  brandColors: digitalBankSpain.colors,
  brandTypography: digitalBankSpain.typography,
  customCss: digitalBankSpain.customCss,
};

describe('branding', () => {
  it('is kept as it was given', () => {
    expect(merged(digitalBankSpain)).toEqual({ branding: stored, faults: [] });
  });

  it('stays where nothing is sent, and is cleared whole by null', () => {
    expect(merged(undefined, stored).branding).toEqual(stored);
    expect(merged({}, stored).branding).toEqual(stored);
    expect(merged({ colors: {}, typography: {} }, stored).branding).toEqual(stored);
    expect(merged(null, stored).branding).toEqual(noBranding);
  });

  it('merges colours and typography field by field', () => {
    const { branding } = merged({ colors: { primary: '#000', text: null }, typography: { body: 'Arial' } }, stored);
    const { text: _, ...colors } = digitalBankSpain.colors;
    expect(branding).toEqual({
      brandColors: { ...colors, primary: '#000' },
      brandTypography: { ...digitalBankSpain.typography, body: 'Arial' },
      customCss: digitalBankSpain.customCss,
    });
  });

  it('clears a group by null, and has none where no field of it is left', () => {
    expect(merged({ colors: null, customCss: null }, stored).branding).toEqual({
      ...noBranding,
      brandTypography: digitalBankSpain.typography,
    });
    const allNull = { headings: null, body: null, monospace: null };
    expect(merged({ typography: allNull }, stored).branding.brandTypography).toBeNull();
    expect(merged({ customCss: ' /* nothing */ ' }).branding.customCss).toBeNull();
  });

  it('writes colours in one way, so that the same colour is no change', () => {
    const colors = { primary: '#1976d2', secondary: ' #ffc107 ', accent: '#ABCDEF80' };
    expect(merged({ colors }).branding.brandColors).toEqual({
      primary: '#1976D2',
      secondary: '#FFC107',
      accent: '#ABCDEF80',
    });
  });

  it('notes each fault with its path, all of them together, and keeps what is there', () => {
    const changes = {
      colors: { primary: 'red', secondary: '#12', accent: '#12345', background: '', text: '#1234' },
      typography: { headings: 'url(x)', body: ' ', monospace: 'a'.repeat(201) },
      customCss: '@import "x";#a{position:fixed}',
    };
    const { branding, faults } = merged(changes, stored);
    expect(branding).toEqual(stored);
    expect(faults).toEqual([
      ...Object.keys(changes.colors).map((name) => `INVALID ${path.join('.')}.colors.${name}`),
      ...Object.keys(changes.typography).map((name) => `INVALID ${path.join('.')}.typography.${name}`),
      ...Array.from({ length: 3 }, () => `INVALID ${path.join('.')}.customCss`),
    ]);
  });

  it.each(['a;b', 'a}', 'a\nb', 'a<b', 'a\\b', 'a\u0000', 'Schöner'])('takes no font named %j', (body) => {
    expect(merged({ typography: { body } }).faults).toHaveLength(1);
  });
});
