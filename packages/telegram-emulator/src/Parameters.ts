/**
 * The parameters of one call. Telegram's server turns every body (query, form, multipart, JSON) into named strings
 * first; numbers, booleans and JSON are read out of those strings by the methods. So does this.
 */
import { Result } from "effect"
import { type ApiError, badRequest } from "./BotApi.ts"

/** A file that came with a call. */
export interface Upload {
  readonly name: string
  readonly contentType: string
  readonly bytes: Uint8Array
}

export class Parameters {
  readonly #values: ReadonlyMap<string, string>
  /** By the name of their part. */
  readonly #uploads: ReadonlyMap<string, Upload>

  constructor(values: Iterable<readonly [string, string]>, uploads: Iterable<readonly [string, Upload]> = []) {
    this.#values = new Map(values)
    this.#uploads = new Map(uploads)
  }

  /** A JSON body's fields. Strings stay, other values become their JSON text, null is as good as absent. */
  static fromJson(body: object): Parameters {
    return new Parameters(
      Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
        value === null || value === undefined
          ? []
          : [[name, typeof value === "string" ? value : JSON.stringify(value)] as const],
      ),
    )
  }

  entries(): Iterable<readonly [string, string]> {
    return this.#values
  }

  uploads(): Iterable<readonly [string, Upload]> {
    return this.#uploads
  }

  /** The file in a parameter: its own part, or the one that `attach://<part>` names. */
  upload(name: string): Upload | undefined {
    const text = this.text(name)
    return this.#uploads.get(text.startsWith("attach://") ? text.slice("attach://".length) : name)
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** `""` when absent: Telegram does not tell the two apart. */
  text(name: string): string {
    return this.#values.get(name) ?? ""
  }

  /** Held within the bounds; anything that is no number counts as the default. */
  integer(name: string, options: { readonly default: number; readonly min: number; readonly max: number }): number {
    const value = Number.parseInt(this.text(name), 10)
    return Number.isNaN(value) ? options.default : Math.min(Math.max(value, options.min), options.max)
  }

  flag(name: string): boolean {
    return ["true", "yes", "1"].includes(this.text(name).toLowerCase())
  }

  /** `undefined` when absent or empty; `name` as the error should call it. */
  json(name: string, calledInErrors: string): Result.Result<unknown, ApiError> {
    const text = this.text(name)
    if (text === "") return Result.succeed(undefined)
    return Result.try({
      try: (): unknown => JSON.parse(text),
      catch: () => badRequest(`can't parse ${calledInErrors} JSON object`),
    })
  }

  /** Everything, for the transcript; the webhook's secret is masked. */
  get shown(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#values].map(([name, value]) => [name, name === "secret_token" ? "***" : value] as const),
    )
  }
}
