import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A folder in which `npm run` works as in a fresh checkout with its packages installed. */
export async function checkout(): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-checkout-'));
  for (const name of ['package.json', '.npmrc', 'tsconfig.json', 'src', 'migrations']) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
