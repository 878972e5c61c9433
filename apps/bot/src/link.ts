/** `node apps/bot/src/link.ts PRODUCT-OR-INVOICE…`: prints, for each id, the link that opens the bot there. With the bot's environment. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { runMain } from "@paylog/process/runMain"
import { Console, Data, Effect, Schema } from "effect"
import * as Catalog from "./Catalog.ts"
import { DeepLinks, type Target } from "./DeepLinks.ts"
import * as environment from "./environment.ts"
import { Telegram } from "./Telegram.ts"

/** There is no such product in the catalogue, and it is no invoice's id. */
class NothingToLink extends Data.TaggedError("NothingToLink")<{ readonly message: string }> {}

const isInvoiceId = Schema.is(InvoiceId)

const targetOf = (catalog: Catalog.Contents, id: string): Target | undefined => {
  if (isInvoiceId(id)) return { _tag: "Invoice", invoiceId: id }
  const product = Catalog.isProductId(id) ? Catalog.find(catalog, id) : undefined
  return product && { _tag: "Product", productId: product.id }
}

runMain(
  Effect.gen(function* () {
    const settings = yield* environment.telegram
    const catalog = yield* Catalog.environment
    const ids = process.argv.slice(2)
    if (ids.length === 0) return yield* new NothingToLink({ message: "Name products or invoices by their ids" })
    const { username } = yield* Telegram.use(({ call }) => call("getMe", {})).pipe(
      Effect.provide(Telegram.layer(settings)),
    )
    const links = DeepLinks.make(settings)
    for (const id of ids) {
      const target = targetOf(catalog, id)
      if (target === undefined)
        return yield* new NothingToLink({ message: `${id} is no product of the catalogue, and no invoice` })
      yield* Console.log(links.link(username, target))
    }
  }),
)
