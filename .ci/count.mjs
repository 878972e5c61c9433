// Prints `N passed, N failed`, and exits with 1 when anything failed. Plain JavaScript: it has to work, on whatever
// Node the machine has, when the install failed.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const folder = process.argv[2] ?? "test-results"
const count = { passed: 0, failed: 0, skipped: 0 }
const failures = []

for (const line of readFileSync(join(folder, "steps"), "utf8").trim().split("\n")) {
  const [name, status] = line.split(" ")
  const report = join(folder, `${name}.json`)
  const failed = count.failed
  if (existsSync(report)) {
    const { numPassedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, "utf8"))
    count.passed += numPassedTests
    count.skipped += numPendingTests + numTodoTests
    for (const file of testResults) {
      const tests = file.assertionResults.filter((test) => test.status === "failed")
      for (const test of tests) fail(`${file.name}: ${test.fullName}`)
      // A file that could not be loaded has no tests to fail.
      if (file.status === "failed" && tests.length === 0) fail(file.name)
    }
    if (numPassedTests === 0) fail(`${name} has run no test`)
  } else if (name.startsWith("test")) {
    fail(`${name} has left no report`)
  } else if (status === "0") {
    count.passed += 1
  }
  // A lane can also end badly although its tests pass: by an unhandled error, or by its deadline.
  if (status !== "0" && count.failed === failed) fail(`${name} ended with code ${status}`)
}

function fail(what) {
  count.failed += 1
  failures.push(what)
}

const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ""
const lines = [
  ...failures.map((failure) => `FAILED ${failure}`),
  `${count.passed} passed, ${count.failed} failed${skipped}`,
]
process.stdout.write(`${lines.join("\n")}\n`)
process.exitCode = count.failed === 0 ? 0 : 1
