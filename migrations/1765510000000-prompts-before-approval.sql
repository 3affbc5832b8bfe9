-- A question has its prompt before anybody can say yes to it. Those that wait without one are looked at again at once.
update runs r set waiting_for = null, next_attempt_at = now()
from webhook_deliveries d
join agent_questions q on q.tenant_id = d.tenant_id and q.delivery_id = d.id
where d.body is null and q.approval = 'pending' and r.tenant_id = d.tenant_id and r.id = d.run_id
  and r.waiting_for = 'approval';
