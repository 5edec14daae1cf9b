import { expect } from 'vitest';

import type { TestApp } from './app.js';
import type { Answer } from './client.js';
import type { TenantsQueryVariables } from './generated/operations.js';

export interface ReadPage {
  readonly ids: string[];
  readonly cursors: string[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

type Arguments = TenantsQueryVariables;
type Order = Pick<Arguments, 'filter' | 'sort'>;

/** Reads lists of tenants, as a viewer. */
export interface Listing {
  /** Whatever is answered. */
  readonly ask: (args: Arguments) => Promise<Answer>;
  readonly page: (args: Arguments) => Promise<ReadPage>;
  /** All ids, page by page from the first on; `between` is called after each page. */
  readonly walk: (order: Order, size: number, between?: () => Promise<void>) => Promise<string[]>;
  /** All ids in the order of the list, page by page from the last one back. */
  readonly walkBack: (order: Order, size: number, between?: () => Promise<void>) => Promise<string[]>;
}

const document = `query ($filter: TenantFilter, $sort: [TenantSort!], $first: Int, $after: String, $last: Int, $before: String,
    $offset: NonNegativeInt) {
  tenants(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before, offset: $offset) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
  }
}`;

interface Connection extends Omit<ReadPage, 'ids' | 'cursors'> {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
}

export function listing(app: TestApp): Listing {
  const ask: Listing['ask'] = async (variables) => await app.ask(document, { as: 'viewer', variables });
  const page: Listing['page'] = async (args) => {
    const { data, errors } = await ask(args);
    expect(errors).toBeUndefined();
    const { edges, ...rest } = data?.['tenants'] as Connection;
    return { ids: edges.map(({ node }) => node.id), cursors: edges.map(({ cursor }) => cursor), ...rest };
  };
  return {
    ask,
    page,
    async walk(order, size, between) {
      const ids: string[] = [];
      for (let after: string | null | undefined; ;) {
        const { ids: more, pageInfo } = await page({ ...order, first: size, after });
        ids.push(...more);
        if (!pageInfo.hasNextPage) return ids;
        after = pageInfo.endCursor;
        await between?.();
      }
    },
    async walkBack(order, size, between) {
      const ids: string[] = [];
      for (let before: string | null | undefined; ;) {
        const { ids: more, pageInfo } = await page({ ...order, last: size, before });
        ids.unshift(...more);
        if (!pageInfo.hasPreviousPage) return ids;
        before = pageInfo.startCursor;
        await between?.();
      }
    },
  };
}
