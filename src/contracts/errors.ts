import * as z from "zod";
import { errorCatalogue, errorCategories } from "./error-catalogue.ts";

/** Category of an error in the HTTP envelope. */
export const ErrorCategory = z.enum(errorCategories);
export type ErrorCategory = z.infer<typeof ErrorCategory>;

export type ErrorCode = keyof typeof errorCatalogue;
export const ErrorCode = z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]);

/** An error as data: what crosses a process boundary or is shown. */
export const ErrorDetails = z.object({ code: ErrorCode, message: z.string(), next_step: z.string() });
export type ErrorDetails = z.infer<typeof ErrorDetails>;

/** The error envelope of every HTTP answer that is not a success. */
export const ErrorEnvelope = z.object({
  error: z.string(),
  code: ErrorCode,
  category: ErrorCategory,
  retryable: z.boolean(),
  redacted: z.boolean(),
  next_step: z.string(),
  validation_errors: z
    .array(z.object({ field: z.string(), code: z.string(), message: z.string() }))
    .optional(),
});
export type ErrorEnvelope = z.infer<typeof ErrorEnvelope>;
