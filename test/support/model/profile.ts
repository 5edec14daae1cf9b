import type { TenantProfilePatch, TwoFactorInput } from '../generated/operations.js';
import type { Json, ModelTenant } from './state.js';

/** 2FA as it is shown for what was given. */
export function twoFactorOf({ enabled, disabled }: TwoFactorInput): ModelTenant['twoFactor'] {
  return enabled ? { isEnabled: true, ...enabled } : { isEnabled: false, reason: disabled.reason ?? null };
}

/** Merges what a profile holds, all but its providers, into a tenant; returns what is wrong as `CODE field`. */
export function mergeProfile(next: ModelTenant, profile: TenantProfilePatch): string[] {
  const faults: string[] = [];
  const { name, description, metadata, branding, region, contacts, subscription } = profile;
  if (name === null || name?.trim() === '') faults.push('INVALID name');
  else if (name !== undefined) next.name = name;
  if (description !== undefined) next.description = description;
  if (metadata !== undefined) next.metadata = metadata ?? {};
  if (branding === null) Object.assign(next, { colors: null, typography: null, customCss: null });
  else if (branding) mergeBranding(next, branding);
  if (region === null) next.region = null;
  else if (region) faults.push(...mergeRegion(next, region));
  if (contacts === null) next.contacts = null;
  else if (contacts) faults.push(...mergeContacts(next, contacts as Record<string, Json | undefined>));
  if (subscription) faults.push(...mergeSubscription(next, subscription));
  return faults;
}

function mergeBranding(next: ModelTenant, branding: NonNullable<TenantProfilePatch['branding']>): void {
  const { colors, typography, customCss } = branding;
  const none = { primary: null, secondary: null, accent: null, background: null, text: null };
  if (colors !== undefined) next.colors = mergedGroup(none, next.colors, colors);
  if (typography !== undefined) {
    next.typography = mergedGroup({ headings: null, body: null, monospace: null }, next.typography, typography);
  }
  if (customCss !== undefined) next.customCss = customCss;
}

/** Null where no value is left. */
function mergedGroup(none: Json, current: Json | null, changes: Json | null): Json | null {
  if (changes === null) return null;
  const merged: Json = { ...none, ...current, ...changes };
  return Object.values(merged).every((value) => value === null) ? null : merged;
}

function mergeRegion(next: ModelTenant, changes: Json): string[] {
  const merged: Json = { ...next.region, ...changes };
  const missing = ['country', 'timezone', 'currency', 'language'].filter((field) => merged[field] === undefined);
  next.region = merged;
  return missing.map((field) => `REQUIRED region.${field}`);
}

function mergeContacts(next: ModelTenant, changes: Readonly<Record<string, Json | undefined>>): string[] {
  const faults: string[] = [];
  const merged = Object.fromEntries(
    (['business', 'technical'] as const).map((which) => {
      const given = changes[which];
      const current = next.contacts?.[which];
      if (given === undefined && current === undefined) faults.push(`REQUIRED contacts.${which}`);
      const contact: Json = { phone: null, role: null, ...current, ...given };
      for (const field of ['name', 'email']) {
        if (given !== undefined && contact[field] === undefined) faults.push(`REQUIRED contacts.${which}.${field}`);
      }
      return [which, contact];
    }),
  );
  next.contacts = merged as NonNullable<ModelTenant['contacts']>;
  return faults;
}

function mergeSubscription(next: ModelTenant, changes: NonNullable<TenantProfilePatch['subscription']>): string[] {
  const faults: string[] = [];
  if (changes.tier === 'TRIAL' && !next.subscription.isTrial) faults.push('INVALID subscription.tier');
  const merged = { ...next.subscription, ...(changes as Partial<ModelTenant['subscription']>) };
  if (merged.endsAt !== null && merged.endsAt <= merged.startsAt) faults.push('INVALID subscription.endsAt');
  next.subscription = merged;
  return faults;
}
