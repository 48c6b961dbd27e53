/** What a check is, for hostd's and for those of the live view. */
export * from "@browservm/contract/doctor/check";
