const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 17)) {
  process.stderr.write(
    `Tenantry needs Node.js 22.17 or later, and this is ${process.versions.node}. "npm ci" installs Node.js 24 beside ` +
      'it, for "npm start" to use; with --ignore-scripts it does not.\n',
  );
  process.exit(1);
}

// Only now: older versions fail on loading it, with a message that tells nobody anything.
const { main } = await import('./process.js');
await main();
export {};
