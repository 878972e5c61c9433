/** For vitest's `globalSetup`: one server for a whole run, which every worker's `DevPostgres.layer` then finds. */
import { ManagedRuntime, Redacted } from "effect"
import { DevPostgres, sharedServer } from "./DevPostgres.ts"

export default async function setup(): Promise<() => Promise<void>> {
  const runtime = ManagedRuntime.make(DevPostgres.layer)
  const { url } = await runtime.runPromise(DevPostgres)
  process.env[sharedServer] = Redacted.value(url)
  // A test's outcome must not depend on whether the run was given a server.
  delete process.env["DATABASE_URL"]
  return () => runtime.dispose()
}
