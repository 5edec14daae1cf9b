import type { CreateTenantInput } from './generated/operations.js';
import type { FileToSend } from './client.js';
import { icon, png, svg } from './pictures.js';

/** The example tenant of a banking platform, with its branding and its providers; realm and 2FA are up to the test. */
export const digitalBankSpain = {
  tenantId: 'digital-bank-spain',
  code: 'DBSP',
  name: 'Digital Bank Spain',
  description: 'Digital banking platform for the Spanish market',
  region: { country: 'ES', timezone: 'Europe/Madrid', currency: 'EUR', language: 'es-ES' },
  contacts: {
    business: {
      name: 'Maria Garcia',
      email: 'maria.garcia@digitalbank.es',
      phone: '+34912345678',
      role: 'Business Owner',
    },
    technical: {
      name: 'Carlos Rodriguez',
      email: 'carlos.rodriguez@digitalbank.es',
      phone: '+34912345679',
      role: 'Technical Lead',
    },
  },
  subscription: {
    tier: 'ENTERPRISE',
    startsAt: '2025-01-01T00:00:00.000Z',
    endsAt: '2026-01-01T00:00:00.000Z',
    isTrial: false,
  },
  branding: {
    colors: { primary: '#1976D2', secondary: '#FFC107', accent: '#00BCD4', background: '#FFFFFF', text: '#212121' },
    typography: {
      headings: "'Roboto', sans-serif",
      body: "'Open Sans', sans-serif",
      monospace: "'Roboto Mono', monospace",
    },
    customCss: '.tenant-brand .header{border-bottom:2px solid #1976D2}',
  },
  providers: [
    { kind: 'KYC', name: 'Onfido', isPrimary: true, settings: { purpose: 'identity verification' } },
    { kind: 'PAYMENT', name: 'Treezor', isPrimary: true, settings: { purpose: 'payment processing' } },
    { kind: 'CARD', name: 'Marqeta', isPrimary: true, settings: { purpose: 'card issuing' } },
    { kind: 'COMPLIANCE', name: 'ComplyAdvantage', isPrimary: true, settings: { purpose: 'AML/KYC' } },
    { kind: 'SMS', name: 'Twilio', isPrimary: true, settings: {} },
    { kind: 'EMAIL', name: 'SendGrid', isPrimary: true, settings: {} },
  ],
  metadata: { industry: 'retail_banking', region: 'EMEA', regulatoryJurisdiction: 'Spain' },
} as const satisfies Partial<CreateTenantInput>;

/** Its three pictures, for a create. */
export async function digitalBankPictures(): Promise<FileToSend[]> {
  return [
    { path: 'variables.input.logo', bytes: svg, name: 'dbsp-logo.svg' },
    { path: 'variables.input.branding.logoDark', bytes: await png(24, 8), name: 'dbsp-logo-dark.png' },
    { path: 'variables.input.branding.favicon', bytes: await icon(16), name: 'dbsp-favicon.ico' },
  ];
}
