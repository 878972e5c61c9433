/**
 * Links that open the bot at one product or at one invoice (https://core.telegram.org/bots/features#deep-linking). They are signed:
 * nobody makes one for a product that was not offered, or tries out invoices. Whoever opens an invoice's must also be its customer.
 */
import { InvoiceId } from "@paylog/domain/Invoice"
import { Context, Redacted, Schema } from "effect"
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto"
import { isProductId, type ProductId } from "./Catalog.ts"
import type { TelegramSettings } from "./environment.ts"

export type Target =
  | { readonly _tag: "Product"; readonly productId: ProductId }
  | { readonly _tag: "Invoice"; readonly invoiceId: InvoiceId }

export class DeepLinks extends Context.Service<
  DeepLinks,
  {
    /** At most 55 characters of A-Z, a-z, 0-9, - and _: Telegram takes 64. */
    readonly payload: (target: Target) => string
    /** The inverse of `payload`; `undefined` for what this secret did not sign. In constant time. */
    readonly read: (payload: string) => Target | undefined
    /** The address that opens the bot there. */
    readonly link: (username: string, target: Target) => string
  }
>()("bot/DeepLinks") {
  static readonly make = ({
    linkSecret,
    token,
  }: Pick<TelegramSettings, "linkSecret" | "token">): DeepLinks["Service"] => {
    const secret = linkSecret ?? secretFrom(token)
    const sign = (named: string) =>
      createHmac("sha256", Redacted.value(secret)).update(`paylog-link/1:${named}`).digest().subarray(0, macBytes)
    const payload = (target: Target) => `${sign(nameOf(target)).toString("base64url")}${nameOf(target)}`
    return DeepLinks.of({
      payload,
      link: (username, target) => `https://t.me/${username}?start=${payload(target)}`,
      read: (text) => {
        if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) return undefined
        const given = Buffer.from(text.slice(0, macCharacters), "base64url")
        const named = text.slice(macCharacters)
        // The comparison of texts: spare bits of the last character would let one signature be written in several ways.
        if (given.length !== macBytes || given.toString("base64url") !== text.slice(0, macCharacters)) return undefined
        return timingSafeEqual(given, sign(named)) ? targetOf(named) : undefined
      },
    })
  }
}

/** 128 bits, as 22 characters. */
const macBytes = 16
const macCharacters = 22

const nameOf = (target: Target): string =>
  target._tag === "Product" ? `p${target.productId}` : `i${target.invoiceId.slice("inv_".length)}`

const targetOf = (name: string): Target | undefined => {
  const id = name.slice(1)
  if (name.startsWith("p") && isProductId(id)) return { _tag: "Product", productId: id }
  const invoiceId = `inv_${id}`
  return name.startsWith("i") && isInvoiceId(invoiceId) ? { _tag: "Invoice", invoiceId } : undefined
}

const isInvoiceId = Schema.is(InvoiceId)

/** For a bot without a secret of its own for links: as secret as its token, and tells nothing about it. */
const secretFrom = (token: Redacted.Redacted): Redacted.Redacted =>
  Redacted.make(
    Buffer.from(hkdfSync("sha256", Redacted.value(token), "", "paylog deep links", 32)).toString("base64url"),
  )
