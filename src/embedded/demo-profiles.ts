import type { TenantRequestWithFiles } from '../modules/tenant/create-tenant.service.js';

type Profile = Partial<TenantRequestWithFiles> & { readonly name: string };

/** A picture of one shape, as a browser would upload it. */
export function logo(color: string, path: string): TenantRequestWithFiles['logo'] {
  const shape = `<path d="${path}" fill="${color}"/>`;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">${shape}</svg>`;
  return { bytes: Buffer.from(text), isTruncated: false };
}

/** A contact centre with all that belongs to one. */
export const demoContactCenter: Profile = {
  name: 'Acme Contact Center',
  description: 'Retail customer care in three languages',
  logo: logo('#c8102e', 'M32 6 L58 58 L32 46 L6 58 Z'),
  campaigns: [
    { name: 'Spring sale', serviceUrl: 'https://campaigns.acme.example/', isEnabled: true, settings: { priority: 1 } },
    { name: 'Winback', serviceUrl: 'https://campaigns.acme.example/', isEnabled: false, settings: { priority: 2 } },
  ],
  dialer: { serviceIdentifier: 'acme-dialer', maxConcurrentCalls: 50, maxCallTimeMinutes: 30, callsPerSecond: 5 },
  mediaServer: { wssUrl: 'wss://media.acme.example:7443', domainManagerUrl: 'https://media.acme.example/domains' },
  contacts: {
    business: { name: 'Priya Shah', email: 'priya.shah@acme.example', phone: '+442079460018', role: 'Head of Care' },
    technical: { name: 'Tom Becker', email: 'tom.becker@acme.example', role: 'Platform Engineer' },
  },
  metadata: { industry: 'retail' },
};

/** A bank with its brand and the services that it is joined to. */
export const demoBank: Profile = {
  name: 'Banco Aurora',
  description: 'Digital bank for the Spanish market',
  logo: logo('#1976d2', 'M32 6 A26 26 0 1 1 31.9 6 Z'),
  branding: {
    colors: { primary: '#1976d2', secondary: '#ffc107', accent: '#00bcd4', background: '#ffffff', text: '#212121' },
    typography: { headings: "'Roboto', sans-serif", body: "'Open Sans', sans-serif" },
    customCss: '.card { border-radius: 8px; }',
  },
  contacts: {
    business: {
      name: 'María García',
      email: 'maria.garcia@aurora.example',
      phone: '+34912345678',
      role: 'Business Owner',
    },
    technical: { name: 'Carlos Rodríguez', email: 'carlos.rodriguez@aurora.example', role: 'Technical Lead' },
  },
  providers: [
    { kind: 'KYC', name: 'Onfido', settings: { region: 'EU' } },
    { kind: 'PAYMENT', name: 'Treezor' },
    { kind: 'CARD', name: 'Marqeta' },
    { kind: 'SMS', name: 'Twilio' },
  ],
  metadata: { industry: 'retail_banking' },
};
