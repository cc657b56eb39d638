/** A request with fields that are wrong for a reason no schema tells; answered like those that a schema finds. */
export class InvalidFields extends Error {
  /** In the form in which the HTTP framework names faults. */
  readonly validation: readonly {
    readonly instancePath: string;
    readonly keyword: string;
    readonly message: string;
  }[];

  /** @param fields `code` names the fault for programs; `invalid` unless given */
  constructor(
    fields: readonly { readonly field: string; readonly message: string; readonly code?: string }[],
  ) {
    super(fields.map(({ field, message }) => `${field}: ${message}`).join("; "));
    this.name = "InvalidFields";
    this.validation = fields.map(({ field, message, code = "invalid" }) => ({
      instancePath: `/${field.replaceAll(".", "/")}`,
      keyword: code,
      message,
    }));
  }
}
