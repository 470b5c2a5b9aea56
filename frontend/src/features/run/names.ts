/** An agent's id as a name: "researcher-2" is "researcher 2". */
export const nameOf = (agentId: string): string => agentId.replaceAll("-", " ");
