/** The rows that a history gives in each read model, by the domain alone: what the live rows are held against. */
import * as Fulfilment from "@paylog/domain/Fulfilment"
import * as Invoice from "@paylog/domain/Invoice"
import * as Ledger from "@paylog/domain/Ledger"
import * as Money from "@paylog/domain/Money"
import * as Obligations from "@paylog/domain/Obligations"
import * as OpenItems from "@paylog/payments/OpenItems"
import { title } from "@paylog/payments/title"
import { DateTime, Match } from "effect"
import type { History } from "./History.ts"

/** A column's value: text, or a moment, which Postgres spells in its own way. */
export type Cell = string | null | DateTime.Utc
export type Cells = Readonly<Record<string, Cell>>
/** By a key that names the row in its table. */
export type Rows = ReadonlyMap<string, Cells>

/** `payments.invoices`, by invoice id. */
export const invoices = (history: History): Rows => {
  const last = history._tag === "Invoice" ? history.steps.at(-1) : undefined
  if (last === undefined || last.after._tag === "Absent") return new Map()
  const { after: state, recorded } = last
  const { terms, order } = state
  const paid = Invoice.payingOf(state)?.received
  return new Map([
    [
      terms.invoiceId,
      {
        invoice_id: terms.invoiceId,
        customer_id: terms.customerId,
        status: state._tag,
        title: title(terms),
        currency: terms.amount.currency,
        amount: Money.format(terms.amount),
        issued_at: terms.issuedAt,
        pay_by: terms.payBy,
        order_id: order?.orderId ?? null,
        order_number: order?.number ?? null,
        pay_link: order?.payLink ?? null,
        order_expires_at: order?.expiresAt ?? null,
        paid_currency: paid?.gross.currency ?? null,
        gross: exact(paid?.gross),
        fee: exact(paid?.fee),
        net: exact(paid?.net),
        paid_at: paid?.completedAt ?? null,
        held_payments: String(
          Obligations.of(state).filter(({ _tag }) => _tag === "Decide" || _tag === "Explain").length,
        ),
        fulfilled_at: Fulfilment.fulfilledOf(state)?.fulfilledAt ?? null,
        version: String(recorded.version),
        position: recorded.position.toString(),
      },
    ],
  ])
}

const exact = (stated: Money.Stated | undefined): string | null =>
  stated !== undefined && Money.isMoney(stated) ? Money.format(stated) : null

/** What each event posts and which alarms it raises or ends. */
const changes = (history: History) => {
  switch (history._tag) {
    case "Invoice":
      return history.steps.map(({ recorded, event, before, after }) => ({
        recorded,
        postings: Ledger.postings(before, event),
        alarms: [Ledger.alarms(before), Ledger.alarms(after)] as const,
      }))
    case "Unmatched":
      return history.steps.map(({ recorded, event, before, after }) => ({
        recorded,
        postings: Ledger.postingsUnmatched(before, event),
        alarms: [Ledger.alarmsUnmatched(before), Ledger.alarmsUnmatched(after)] as const,
      }))
    case "Other":
      return []
  }
}

/** `payments.ledger_entries`, by position and line. */
export const ledgerEntries = (history: History): Rows =>
  new Map(
    changes(history).flatMap(({ recorded: { position, stream, type }, postings }) =>
      postings.map(({ account, amount }, place): [string, Cells] => [
        `${position}/${place + 1}`,
        {
          position: position.toString(),
          line: String(place + 1),
          stream,
          what: type,
          account,
          currency: amount.currency,
          amount: Money.format(amount),
        },
      ]),
    ),
  )

/** `payments.ledger_alarms`, by position and line. */
export const ledgerAlarms = (history: History): Rows =>
  new Map(
    changes(history).flatMap(({ recorded: { position, stream }, alarms: [before, after] }) => {
      const name = ({ _tag, provider, orderId }: Ledger.Alarm) => `${_tag} ${provider} ${orderId}`
      const [old, now] = [new Set(before.map(name)), new Set(after.map(name))]
      return [
        ...after.filter((alarm) => !old.has(name(alarm))).map((alarm) => ({ alarm, change: "1" })),
        ...before.filter((alarm) => !now.has(name(alarm))).map((alarm) => ({ alarm, change: "-1" })),
      ].map(({ alarm, change }, place): [string, Cells] => [
        `${position}/${place + 1}`,
        {
          position: position.toString(),
          line: String(place + 1),
          stream,
          alarm: alarm._tag,
          provider: alarm.provider,
          order_id: alarm.orderId,
          change,
        },
      ])
    }),
  )

/** `payments.open_items`, by stream and item. */
export const openItems = ({ stream, recorded }: History): Rows =>
  new Map(
    OpenItems.openAfter(stream, recorded).map(
      ({ item, kind, payment, reason, currency, amount, unread, since, expiresAt }): [string, Cells] => [
        `${stream} ${item}`,
        {
          stream,
          item,
          kind,
          payment: payment === undefined ? null : String(payment),
          reason,
          currency: currency ?? null,
          amount: amount ?? null,
          unread: unread ?? null,
          since: DateTime.makeUnsafe(since),
          expires_at: expiresAt === undefined ? null : DateTime.makeUnsafe(expiresAt),
        },
      ],
    ),
  )

/** `payments.approvals`, by id and stream. */
export const approvals = (history: History): Rows => {
  if (history._tag === "Other") return new Map()
  const { stream } = history
  const rows = new Map<string, Cells>()
  const asked = (id: string, kind: string, asked_by: string) =>
    rows.set(`${id} ${stream}`, { id, stream, kind, asked_by, taken_by: null, approved_by: null })
  const taken = (id: string, taken_by: string | null) => {
    const row = rows.get(`${id} ${stream}`)
    if (row !== undefined) rows.set(`${id} ${stream}`, { ...row, taken_by })
  }
  const approved = (id: string, approved_by: string) => {
    const row = rows.get(`${id} ${stream}`)
    if (row !== undefined) rows.set(`${id} ${stream}`, { ...row, approved_by })
  }
  const take = Match.type<(typeof history.steps)[number]["event"]>().pipe(
    Match.tags({
      RefundRequested: ({ refundId, by }) => asked(refundId, "Refund", by),
      CorrectionProposed: ({ proposalId, by }) => asked(proposalId, "Correction", by),
      AssignmentProposed: ({ proposalId, by }) => asked(proposalId, "Assignment", by),
      RefundTaken: ({ refundId, by }) => taken(refundId, by),
      RefundDropped: ({ refundId }) => taken(refundId, null),
      RefundRecorded: ({ refundId, by }) => approved(refundId, by),
      CorrectionApproved: ({ proposalId, by }) => approved(proposalId, by),
      PaymentAssigned: ({ proposalId, by }) => approved(proposalId, by),
    }),
    Match.orElse(() => undefined),
  )
  for (const { event } of history.steps) take(event)
  return rows
}
