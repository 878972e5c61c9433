/** Where checkpoints are kept beside the database: a folder or a URL that all processes share, and the database's keeper does not rule. */
import { Context, Effect, Layer, Option, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { randomUUID } from "node:crypto"
import { mkdir, open, readFile, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"

/** The store does not answer, or not as it should. */
export class OutsideUnreachable extends Schema.TaggedError<OutsideUnreachable>()("OutsideUnreachable", {
  reason: Schema.String,
}) {
  override readonly message = `The checkpoint store is out of reach: ${this.reason}`
}

/** Paths are of letters, digits, dots and slashes: `checkpoint`, `tile/0/x001/234.p/5`. */
export class OutsideStore extends Context.Service<
  OutsideStore,
  {
    readonly read: (path: string) => Effect.Effect<Option.Option<Uint8Array>, OutsideUnreachable>
    /** Whole or not at all, whoever reads meanwhile; done when it will be there after a power cut, as far as the store can tell. */
    readonly write: (path: string, bytes: Uint8Array) => Effect.Effect<void, OutsideUnreachable>
    /** Of what is no longer needed, with all below it. A store may keep it. */
    readonly forget: (path: string) => Effect.Effect<void>
  }
>()("sealer/OutsideStore") {}

/** An existing or new folder. */
export const layerFolder = (folder: string): Layer.Layer<OutsideStore> =>
  Layer.succeed(OutsideStore, {
    read: (path) =>
      attempt(() => readFile(join(folder, path))).pipe(
        Effect.map(Option.some<Uint8Array>),
        Effect.catchIf(
          ({ code }) => code === "ENOENT" || code === "ENOTDIR",
          () => Effect.succeedNone,
        ),
        Effect.mapError(unreachable),
      ),
    write: (path, bytes) =>
      attempt(async () => {
        const file = join(folder, path)
        const beside = `${file}.${randomUUID()}`
        const handle = await open(beside, "wx").catch(async (error: unknown) => {
          if (codeOf(error) !== "ENOENT") throw error
          await makeFolder(dirname(file))
          return await open(beside, "wx")
        })
        try {
          await handle.writeFile(bytes)
          await handle.sync()
        } finally {
          await handle.close()
        }
        await rename(beside, file)
        await syncFolder(dirname(file))
      }).pipe(Effect.mapError(unreachable)),
    forget: (path) => Effect.ignore(attempt(() => rm(join(folder, path), { recursive: true, force: true }))),
  })

/** Where a log's newest checkpoint is (C2SP tlog-tiles). */
export const checkpointPath = "checkpoint"

/** Where the statement about a fork is kept. */
export const forkPath = (proposalId: string): string => `forks/${proposalId}`

/** With those above it. */
const makeFolder = async (folder: string): Promise<void> => {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  let made = folder
  for (; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** A name is on the disk only once its folder is. Windows opens none. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === "win32") return
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const attempt = <A>(what: () => Promise<A>) =>
  Effect.tryPromise({
    try: what,
    catch: (error) => ({ code: codeOf(error) }),
  })

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "unknown")

const unreachable = ({ code }: { readonly code: string }) => new OutsideUnreachable({ reason: code })

/** A server that takes GET, PUT and maybe DELETE below this URL. A user and a password in the URL are sent as such. */
export const layerHttp = (url: URL): Layer.Layer<OutsideStore> =>
  Layer.effect(
    OutsideStore,
    Effect.gen(function* () {
      const { username, password } = url
      const base = new URL(url)
      base.username = ""
      base.password = ""
      const client = (yield* HttpClient.HttpClient).pipe(
        HttpClient.mapRequest(HttpClientRequest.prependUrl(base.href.replace(/\/?$/, "/"))),
        username === ""
          ? (same) => same
          : HttpClient.mapRequest(
              HttpClientRequest.basicAuth(decodeURIComponent(username), decodeURIComponent(password)),
            ),
      )
      const ask = <A>(
        request: HttpClientRequest.HttpClientRequest,
        use: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, OutsideUnreachable | Failed>,
      ) =>
        client.execute(request).pipe(
          Effect.flatMap(use),
          Effect.timeout("5 seconds"),
          Effect.catchTags({
            HttpClientError: ({ reason }) => new OutsideUnreachable({ reason: reason._tag }),
            TimeoutError: () => new OutsideUnreachable({ reason: "no answer in 5 s" }),
          }),
        )
      const refused = ({ status }: HttpClientResponse.HttpClientResponse) =>
        new OutsideUnreachable({ reason: `it answered ${status}` })
      return OutsideStore.of({
        read: (path) =>
          ask(HttpClientRequest.get(path), (response) =>
            response.status === 200
              ? Effect.map(response.arrayBuffer, (bytes) => Option.some(new Uint8Array(bytes)))
              : response.status === 404
                ? Effect.succeedNone
                : refused(response),
          ),
        write: (path, bytes) =>
          ask(
            HttpClientRequest.put(path).pipe(HttpClientRequest.bodyUint8Array(bytes, "application/octet-stream")),
            (response) => (response.status >= 200 && response.status < 300 ? Effect.void : refused(response)),
          ),
        forget: (path) => Effect.ignore(ask(HttpClientRequest.delete(path), () => Effect.void)),
      })
    }),
  ).pipe(Layer.provide(FetchHttpClient.layer))

type Failed = Effect.Error<HttpClientResponse.HttpClientResponse["arrayBuffer"]>
