export const providerKinds = ['KYC', 'PAYMENT', 'CARD', 'COMPLIANCE', 'SMS', 'EMAIL'] as const;
export type ProviderKind = (typeof providerKinds)[number];
