import type { Faults } from '../../faults.js';
import { checkJsonObject, checkTogether, type JsonObject } from '../../validation/json-object.rules.js';
import { mergeSecrets, type SecretChanges, type SecretValues } from '../../validation/secret-values.rules.js';
import { requiredText, textLimits } from '../../validation/text.rules.js';

export const providerKinds = ['KYC', 'PAYMENT', 'CARD', 'COMPLIANCE', 'SMS', 'EMAIL'] as const;
export type ProviderKind = (typeof providerKinds)[number];

export interface ProviderSettings {
  kind: ProviderKind;
  name: string;
  isPrimary?: boolean | null;
  settings?: JsonObject | null;
  secrets?: SecretChanges;
}

/** A provider that passed the checks, its secrets in clear. */
export interface CheckedProvider {
  kind: ProviderKind;
  name: string;
  isPrimary: boolean;
  settings: JsonObject;
  secrets: SecretValues;
}

const maxProviders = 50;

/** What tells the providers of a tenant apart; also their part of a path in the audit trail. */
export function providerKey({ kind, name }: { kind: ProviderKind; name: string }): string {
  return `${kind}.${name}`;
}

/**
 * Checks a whole list of providers, which replaces the one before it.
 *
 * @param current the secrets in clear of the providers that are there, by key
 */
export function checkProviders(
  faults: Faults,
  path: readonly string[],
  providers: readonly ProviderSettings[],
  current: ReadonlyMap<string, SecretValues>,
): CheckedProvider[] {
  if (providers.length > maxProviders) {
    faults.add('INVALID', path, `Must hold at most ${maxProviders} providers.`);
    return [];
  }
  const chosen = new Set(providers.filter(({ isPrimary }) => isPrimary).map(({ kind }) => kind));
  const seen = new Set<string>();
  const primaries = new Set<ProviderKind>();
  const list = providers.map((provider, index) => {
    const at = [...path, String(index)];
    const { kind } = provider;
    const isFirst = providers.findIndex((other) => other.kind === kind) === index;
    const isPrimary = provider.isPrimary ?? (isFirst && !chosen.has(kind));
    const checked = { ...checkProvider(faults, at, provider, current), isPrimary };
    if (seen.has(providerKey(checked))) {
      faults.add('INVALID', [...at, 'name'], 'Another provider of this kind in this list has this name.');
    }
    if (isPrimary && primaries.has(kind)) {
      faults.add('INVALID', [...at, 'isPrimary'], 'Another provider of this kind is the primary one already.');
    }
    seen.add(providerKey(checked));
    if (isPrimary) primaries.add(kind);
    return checked;
  });
  checkTogether(faults, path, list);
  return list;
}

function checkProvider(
  faults: Faults,
  at: readonly string[],
  provider: ProviderSettings,
  current: ReadonlyMap<string, SecretValues>,
): Omit<CheckedProvider, 'isPrimary'> {
  const { kind } = provider;
  const name = requiredText(faults, [...at, 'name'], provider.name, textLimits.name);
  const settings = provider.settings ?? {};
  checkJsonObject(faults, [...at, 'settings'], settings, { secretsAllowed: false });
  const kept = current.get(providerKey({ kind, name })) ?? {};
  return { kind, name, settings, secrets: mergeSecrets(faults, [...at, 'secrets'], kept, provider.secrets) };
}
