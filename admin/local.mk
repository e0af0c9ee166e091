noinst_LIBRARIES += libadmin.a
libadmin_a_SOURCES = \
	admin/access_check_command.cc \
	admin/access_commands.cc \
	admin/allowance.cc admin/allowance.h \
	admin/allowance_commands.cc \
	admin/backup_commands.cc \
	admin/command.cc admin/command.h \
	admin/command_table.cc \
	admin/commands.h \
	admin/daemon_commands.cc \
	admin/db_commands.cc \
	admin/domain_commands.cc \
	admin/in_force.cc admin/in_force.h \
	admin/json_values.cc admin/json_values.h \
	admin/message_commands.cc \
	admin/quota_commands.cc \
	admin/site.cc admin/site.h \
	admin/spf_command.cc \
	admin/state_commands.cc \
	admin/unlisted.cc admin/unlisted.h \
	admin/user_commands.cc \
	admin/when.cc admin/when.h
