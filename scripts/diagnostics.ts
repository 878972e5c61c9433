/** Effect's diagnostics over all sources. Any finding fails, suggestions too, which `effect-tsgo --strict` lets pass. */
import { spawnSync } from "node:child_process"

const args = ["diagnostics", "--project", "tsconfig.effect.json", "--strict", "--format", "text"]
const { status, stdout } = spawnSync("effect-tsgo", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })
process.stdout.write(stdout)
process.exitCode = status === 0 && /^0 errors, 0 warnings and 0 messages/m.test(stdout) ? 0 : 1
