/**
 * One call of `paylog.append` on a connection of `pg`, written as one piece: `pg` itself would copy each argument several
 * times, into buffers that it grows step by step and throws away. `pg` hands a connection to any object with these methods;
 * its cursor, stream and copy packages rest on them too. Only to its own class, though, does it hand one in its pipeline mode.
 */
import { type Connection, Query } from "pg"
import type { Callback } from "./ask.ts"
import { allAppended, argumentCount, statement, type Verdicts, writeArguments } from "./batch.ts"
import type { Item } from "./item.ts"
import type { Messages } from "./Messages.ts"
import { types } from "./types.ts"

export interface Options {
  /** Nobody else writes to it, or reads what is taken from it, until the connection is gone or has answered. */
  readonly messages: Messages
  /** Whether the connection knows the statement by its name. If not, it does once this was sent. */
  readonly prepared: boolean
  /** No names: behind a proxy, the next call may meet another connection. */
  readonly unnamed: boolean
}

export class AppendQuery extends Query {
  /** `pg` puts its time-out around it, so it is looked up when it is called. */
  callback: Callback<Verdicts | undefined>
  #items: ReadonlyArray<Item>
  readonly #options: Options
  #verdicts: Verdicts | undefined

  constructor(items: ReadonlyArray<Item>, options: Options, callback: Callback<Verdicts | undefined>) {
    super({ text: statement.text })
    this.#items = items
    this.#options = options
    this.callback = callback
  }

  /** Parse unless it was, Bind, Execute, Sync: the whole conversation of the client's side. */
  override submit = (connection: Connection): void => {
    const { messages, prepared, unnamed } = this.#options
    const name = unnamed ? "" : statement.name
    if (!prepared) {
      messages.message("P", () => {
        messages.cString(name)
        messages.cString(statement.text)
        messages.int16(0)
      })
    }
    messages.message("B", () => {
      messages.cString("")
      messages.cString(name)
      // All arguments in binary.
      messages.int16(1)
      messages.int16(1)
      messages.int16(argumentCount)
      writeArguments(messages, this.#items)
      // All results as text.
      messages.int16(0)
    })
    messages.message("E", () => {
      messages.cString("")
      messages.int32(0)
    })
    messages.message("S", () => {})
    connection.stream.write(messages.take())
  }

  handleDataRow({ fields: [verdicts, positions, versions] }: { readonly fields: ReadonlyArray<string | null> }): void {
    const at: ReadonlyArray<bigint> = parsed(1016, positions)
    this.#verdicts =
      verdicts === null
        ? allAppended(this.#items, at[0] ?? 0n)
        : { verdicts: parsed(1002, verdicts), positions: at, versions: parsed(1007, versions) }
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.callback(null, this.#end())
  }

  handleError(error: Error): void {
    this.#end()
    this.callback(error, undefined)
  }

  /** What `pg` keeps of the query reaches neither items nor verdicts from now on. */
  #end(): Verdicts | undefined {
    const verdicts = this.#verdicts
    this.#items = []
    this.#verdicts = undefined
    return verdicts
  }
}

/** As any column of the type with this object id. */
// oxlint-disable-next-line no-unsafe-enum-assignment -- the enum of `pg` has no array types
const parsed = (oid: number, text: string | null = "") => types.getTypeParser(oid, "text")(text)
