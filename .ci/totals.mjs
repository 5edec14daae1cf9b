// Adds up the reports of the runs (.reports/*.json of vitest, .reports/*.counts of the scripts beside this file) and prints
// "N passed, N failed", with skipped ones where there are any. Arguments: titles of failed steps.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const reports = join(import.meta.dirname, '../.reports');
const failedSteps = process.argv.length - 2;
const sum = { passed: 0, failed: 0, skipped: 0 };

let files = [];
try {
  files = readdirSync(reports);
} catch {
  // No run got as far as writing a report.
}
for (const file of files) {
  const text = readFileSync(join(reports, file), 'utf8');
  if (file.endsWith('.json')) addVitest(JSON.parse(text));
  if (file.endsWith('.counts')) {
    const [passed, failed] = text.trim().split(' ').map(Number);
    sum.passed += passed;
    sum.failed += failed;
  }
}
sum.failed = Math.max(sum.failed, failedSteps);
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);

/** A test file that could not be loaded holds no test, and is a failure all the same. */
function addVitest(report) {
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests + broken.length;
  sum.skipped += report.numPendingTests + report.numTodoTests;
}
