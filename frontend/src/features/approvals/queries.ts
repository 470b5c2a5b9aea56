import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { everyPage } from "@/api/pages";

export function useApprovals() {
  return useQuery({
    queryKey: ["approvals"],
    queryFn: ({ signal }) =>
      everyPage((cursor) => unwrap(api.GET("/v1/approvals", { params: { query: { cursor } }, signal }))),
    refetchInterval: (query) => (query.state.status === "error" ? false : 15_000),
  });
}

/** How many side effects wait for a person. */
export function usePendingApprovals(): number {
  return useApprovals().data?.filter((approval) => approval.status === "pending").length ?? 0;
}

export function useDecide() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, decision }: { id: string; decision: "approve" | "deny" }) =>
      unwrap(
        api.POST("/v1/approvals/{approval_id}", {
          params: { path: { approval_id: id } },
          body: { decision },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["approvals"] }),
  });
}
