import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';

import type { AppServices, RequestContext } from '../../context.js';
import type { UserErrorCode } from '../../errors.js';
import type { TenantStatus } from '../tenant/lifecycle.rules.js';
import { AuditEntry } from './audit-entry.entity.js';
import type { AuditAction, AuditChanges } from './audit.rules.js';

/** Who did it: the name may be given to another one day, issuer and subject may not. */
export interface Actor {
  readonly name: string;
  readonly subject: string;
  readonly issuer: string;
}

export interface AuditRecord {
  readonly at: Date;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly tenant?: { readonly id: string; readonly tenantId: string };
  readonly fromStatus?: TenantStatus;
  readonly toStatus?: TenantStatus;
  readonly reason?: string | null;
  readonly errorCode?: UserErrorCode;
  readonly changes?: AuditChanges;
}

/** Who this request acts as. */
export function actorOf(ctx: RequestContext): Actor {
  const { viewer } = ctx;
  return viewer ? { name: viewer.name, subject: viewer.subject, issuer: viewer.issuer } : systemActor(ctx.app);
}

/** Whom the demo seed and background jobs act as. */
export function systemActor(app: AppServices): Actor {
  const { publicUrl, realm } = app.config.keycloak;
  return { name: 'system', subject: 'system', issuer: `${publicUrl}/realms/${realm}` };
}

/** Adds an entry to the trail, in the transaction of the change itself: no audit, no commit. */
export function recordAudit(em: EntityManager, record: AuditRecord): void {
  const { actor, tenant, changes = {} } = record;
  em.persist(
    em.create(AuditEntry, {
      id: uuidv7(),
      at: record.at,
      actorName: actor.name,
      actorSubject: actor.subject,
      actorIssuer: actor.issuer,
      action: record.action,
      tenant: tenant?.id ?? null,
      tenantId: tenant?.tenantId ?? null,
      fromStatus: record.fromStatus ?? null,
      toStatus: record.toStatus ?? null,
      reason: record.reason ?? null,
      errorCode: record.errorCode ?? null,
      changes,
    }),
  );
}
