import type { Faults } from '../../faults.js';
import { optionalWebAddress } from '../../validation/address.rules.js';
import { checkJsonObject, checkTogether, type JsonObject } from '../../validation/json-object.rules.js';
import { mergeSecrets, type SecretChanges, type SecretValues } from '../../validation/secret-values.rules.js';
import { optionalText, requiredText, secretText, textLimits } from '../../validation/text.rules.js';

export interface CampaignSettings {
  name: string;
  serviceUrl?: string | null;
  username?: string | null;
  password?: string | null;
  isEnabled: boolean;
  settings?: JsonObject | null;
  secrets?: SecretChanges;
}

/** What a campaign of that name holds in clear now: what an absent password or secrets keeps. */
export interface CampaignSecretsInClear {
  readonly password: string | null;
  readonly secrets: SecretValues;
}

/** A campaign that passed the checks, its secrets in clear. */
export interface CheckedCampaign {
  name: string;
  serviceUrl: string | null;
  username: string | null;
  isEnabled: boolean;
  settings: JsonObject;
  password: string | null;
  secrets: SecretValues;
}

const maxCampaigns = 100;

/** Checks a whole list of campaigns, which replaces the one before it. */
export function checkCampaigns(
  faults: Faults,
  path: readonly string[],
  campaigns: readonly CampaignSettings[],
  current: ReadonlyMap<string, CampaignSecretsInClear>,
): CheckedCampaign[] {
  if (campaigns.length > maxCampaigns) {
    faults.add('INVALID', path, `Must hold at most ${maxCampaigns} campaigns.`);
    return [];
  }
  const seen = new Set<string>();
  const list = campaigns.map((campaign, index) => {
    const at = [...path, String(index)];
    const checked = checkCampaign(faults, at, campaign, current);
    if (seen.has(checked.name)) faults.add('INVALID', [...at, 'name'], 'Another campaign of this list has this name.');
    seen.add(checked.name);
    return checked;
  });
  checkTogether(faults, path, list);
  return list;
}

function checkCampaign(
  faults: Faults,
  at: readonly string[],
  campaign: CampaignSettings,
  current: ReadonlyMap<string, CampaignSecretsInClear>,
): CheckedCampaign {
  const name = requiredText(faults, [...at, 'name'], campaign.name, textLimits.name);
  const kept = current.get(name) ?? { password: null, secrets: {} };
  const settings = campaign.settings ?? {};
  checkJsonObject(faults, [...at, 'settings'], settings, { secretsAllowed: false });
  return {
    name,
    serviceUrl: optionalWebAddress(faults, [...at, 'serviceUrl'], campaign.serviceUrl, ['http', 'https']),
    username: optionalText(faults, [...at, 'username'], campaign.username, textLimits.identifier),
    isEnabled: campaign.isEnabled,
    settings,
    password: checkPassword(faults, [...at, 'password'], campaign.password, kept.password),
    secrets: mergeSecrets(faults, [...at, 'secrets'], kept.secrets, campaign.secrets),
  };
}

function checkPassword(
  faults: Faults,
  path: readonly string[],
  password: string | null | undefined,
  kept: string | null,
): string | null {
  if (password === undefined) return kept;
  return password === null ? null : secretText(faults, path, password);
}
